-- What others are told. Written in the transaction of what happened.
CREATE TABLE events (
  id          uuid        PRIMARY KEY,   -- the CloudEvents id, stable over redelivery
  app         text        NOT NULL,
  type        text        NOT NULL,
  user_ref    uuid        REFERENCES users,
  sequence    bigint,                    -- per user; null where there is no user, and so no order
  data        json        NOT NULL,      -- refers to users by surrogate id only
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((user_ref IS NULL) = (sequence IS NULL))
);

CREATE INDEX events_by_user ON events (user_ref, id);

-- Where events go: a transport, an endpoint or a handler. It hears of what happens from its creation on.
CREATE TABLE destinations (
  name       text        PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What is still to be told to whom: a row goes once it is published. Position is taken under the user's lock,
-- so within a shard it puts each user's events in the order of settlement.
CREATE TABLE outbox (
  destination text     NOT NULL REFERENCES destinations ON DELETE CASCADE,
  shard       smallint NOT NULL,
  position    bigint   GENERATED ALWAYS AS IDENTITY,
  event_id    uuid     NOT NULL,
  PRIMARY KEY (destination, shard, position)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

CREATE INDEX outbox_by_event ON outbox (event_id);

-- One relay at a time per destination and shard. The token fences off a relay that lost its lease without noticing.
CREATE TABLE relay_leases (
  destination  text        NOT NULL REFERENCES destinations ON DELETE CASCADE,
  shard        smallint    NOT NULL,
  token        bigint      NOT NULL DEFAULT 0,
  leased_until timestamptz NOT NULL DEFAULT '-infinity',
  failures     integer     NOT NULL DEFAULT 0,
  retry_at     timestamptz NOT NULL DEFAULT '-infinity',
  last_error   text,
  PRIMARY KEY (destination, shard)
);
