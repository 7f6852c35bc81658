-- Servers of others that are sent signed webhooks. Each is the destination endpoint:<id>, which says what it hears of.
CREATE TABLE event_endpoints (
  id                 uuid        PRIMARY KEY,
  app                text        NOT NULL,
  url                text        NOT NULL,
  description        text,
  includes_room_hash boolean     NOT NULL,
  created_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX event_endpoints_by_app ON event_endpoints (app, id);

-- Which secrets an endpoint's webhooks are signed with. The secret itself is derived from the key with this fingerprint, from
-- the endpoint's id and from the generation: it stands in no table.
CREATE TABLE event_endpoint_secrets (
  endpoint_id     uuid        NOT NULL REFERENCES event_endpoints ON DELETE CASCADE,
  generation      integer     NOT NULL CHECK (generation > 0),
  key_fingerprint text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at      timestamptz,           -- null: the newest
  PRIMARY KEY (endpoint_id, generation)
);

CREATE UNIQUE INDEX one_newest_secret ON event_endpoint_secrets (endpoint_id) WHERE expires_at IS NULL;

-- The delivery log: one row per attempt. Can be cut by time on id; refers to nothing, so that it outlives an endpoint.
CREATE TABLE event_endpoint_deliveries (
  id           uuid        PRIMARY KEY,
  endpoint_id  uuid        NOT NULL,
  event_id     uuid        NOT NULL,
  attempted_at timestamptz NOT NULL,
  duration_ms  integer     NOT NULL CHECK (duration_ms >= 0),
  status_code  smallint,                 -- null: there was no answer
  outcome      text        NOT NULL CHECK (outcome IN ('delivered', 'refused', 'failed', 'gone')),
  error        text,                     -- never what the endpoint said
  CHECK ((outcome = 'delivered') = (error IS NULL))
);

CREATE INDEX event_endpoint_deliveries_by_endpoint ON event_endpoint_deliveries (endpoint_id, id);
CREATE INDEX event_endpoint_deliveries_by_event ON event_endpoint_deliveries (event_id);
-- To find the few that failed among the many that did not.
CREATE INDEX event_endpoint_failures ON event_endpoint_deliveries (endpoint_id, outcome, id) WHERE outcome <> 'delivered';
