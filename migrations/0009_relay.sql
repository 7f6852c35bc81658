-- Destinations that hear of some events only, that rest, and that go.
ALTER TABLE destinations
  ADD COLUMN kind                text NOT NULL DEFAULT 'transport' CHECK (kind IN ('transport', 'handler', 'endpoint')),
  ADD COLUMN app                 text,          -- hears of this app alone; null: of every app
  ADD COLUMN types               text[],        -- hears of these types alone; null: of all
  ADD COLUMN served_at           timestamptz,   -- when a relay last said that it tells this one
  ADD COLUMN unreachable_since   timestamptz,   -- the other side does not answer, as far as the last relay knows that looked
  ADD COLUMN unreachable_because text,
  ADD COLUMN paused_at           timestamptz,   -- its events wait until it is resumed
  ADD COLUMN paused_because      text,
  ADD COLUMN removed_at          timestamptz,   -- hears of nothing new; goes when its part of the outbox is empty
  ADD CHECK ((unreachable_since IS NULL) = (unreachable_because IS NULL)),
  ADD CHECK ((paused_at IS NULL) = (paused_because IS NULL));

ALTER TABLE relay_leases
  ADD COLUMN failing_since     timestamptz,     -- the first failure since the last success
  ADD COLUMN failed_at         timestamptz,     -- the last one
  ADD COLUMN failed_alone      integer NOT NULL DEFAULT 0,  -- failures since, before each of which another shard got on
  ADD COLUMN last_published_at timestamptz;

-- Events that a destination will not take, until somebody sends them again or gives them up.
CREATE TABLE refused_events (
  destination text        NOT NULL REFERENCES destinations ON DELETE CASCADE,
  event_id    uuid        NOT NULL,
  shard       smallint    NOT NULL,
  reason      text        NOT NULL,
  refused_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (destination, event_id)
);

CREATE INDEX refused_events_by_event ON refused_events (event_id);

-- Whoever writes to the outbox wakes the relays of that destination when it commits.
CREATE FUNCTION wake_relays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('kakao_share_outbox', TG_TABLE_SCHEMA || '.' || told.destination)
  FROM (SELECT DISTINCT destination FROM added) told;
  RETURN NULL;
END $$;

CREATE TRIGGER outbox_wakes_relays AFTER INSERT ON outbox REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION wake_relays();
