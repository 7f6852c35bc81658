-- What was taken in. Migrations run with search_path set to our schema, so names stay unqualified.

-- One row per webhook, as received; never changed afterwards, except that a person's data can be erased.
CREATE TABLE deliveries (
  id              uuid        PRIMARY KEY,  -- UUIDv7 made at the door, so the table can be cut by time
  source          text        NOT NULL,     -- 'kakao.share'
  app             text        NOT NULL,     -- the Kakao app whose admin key was presented
  resource_id     text        COLLATE "C",  -- X-Kakao-Resource-ID; null where it was missing, repeated or over-long
  received_at     timestamptz NOT NULL,     -- decides window, day and rule version
  recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  key_fingerprint text        NOT NULL,
  user_parameter  text        NOT NULL,     -- the custom parameter that names the user at this door
  user_id         text,                     -- whom it names, if it was understood: a claim; null once erased
  method          text        NOT NULL CHECK (method IN ('GET', 'POST')),
  headers         json,                     -- the chosen ones; never Authorization
  query           bytea,                    -- null once erased
  body            bytea,                    -- null once erased
  digest          bytea       NOT NULL,     -- of method, query and body: tells a repeat from other content under the same id
  problems        json                      -- why it could not be understood; null when it could
);

-- The lasting memory of resource ids: never cut, so a repeat is recognised for ever.
CREATE TABLE delivery_keys (
  resource_id text        COLLATE "C" NOT NULL,
  app         text        NOT NULL,
  source      text        NOT NULL,
  delivery_id uuid        NOT NULL,
  received_at timestamptz NOT NULL,
  digest      bytea       NOT NULL,
  PRIMARY KEY (resource_id, app, source)
);

-- The work list: one row per delivery without a current verdict, gone once it is settled.
CREATE TABLE open_deliveries (
  delivery_id   uuid        PRIMARY KEY,
  attempts      smallint    NOT NULL DEFAULT 0,
  dispatched_at timestamptz NOT NULL,   -- when a job was last asked for it
  leased_until  timestamptz NOT NULL,   -- until then that job is trusted; afterwards the sweeper may ask again
  last_error    text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

CREATE INDEX open_deliveries_by_lease ON open_deliveries (leased_until);

-- The same resource id with other content: kept for a person to look at, marked by standing here. Bounded per delivery.
CREATE TABLE differing_repeats (
  delivery_id uuid        NOT NULL,
  digest      bytea       NOT NULL,
  received_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  method      text        NOT NULL,
  headers     json,
  query       bytea,
  body        bytea,
  PRIMARY KEY (delivery_id, digest)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION allow_only_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - ARRAY['user_id', 'headers', 'query', 'body'])
       IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['user_id', 'headers', 'query', 'body'])
     OR (NEW.user_id IS NOT NULL AND NEW.user_id IS DISTINCT FROM OLD.user_id)
     OR (NEW.query IS NOT NULL AND NEW.query IS DISTINCT FROM OLD.query)
     OR (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body)
     OR (NEW.headers IS NOT NULL AND NEW.headers::text IS DISTINCT FROM OLD.headers::text) THEN
    RAISE EXCEPTION 'what was received never changes: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER deliveries_never_change BEFORE UPDATE ON deliveries
  FOR EACH ROW EXECUTE FUNCTION allow_only_erasure();
CREATE TRIGGER delivery_keys_never_change BEFORE UPDATE OR DELETE ON delivery_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deliveries_never_truncated BEFORE TRUNCATE ON deliveries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_keys_never_truncated BEFORE TRUNCATE ON delivery_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
