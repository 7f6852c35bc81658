-- What the watch for silence asks of one app, whatever the others do: its newest intents, and whether any of its webhooks came.
-- Ids are made in order of time, so both grow at one end for each app.
CREATE INDEX share_intents_by_app ON share_intents (app, id);
CREATE INDEX deliveries_by_app ON deliveries (app, id);
