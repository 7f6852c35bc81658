-- Which version of its type's schema an event's data was written in: for ever, whatever later versions say. Who still writes
-- events without naming it, as a process of the release before does during an upgrade, writes the first.
ALTER TABLE events ADD COLUMN version smallint NOT NULL DEFAULT 1 CHECK (version > 0);
