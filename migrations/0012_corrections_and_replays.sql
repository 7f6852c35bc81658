-- How people say that a delivery is to be read. The newest counts alone; what was received stays as it was.
CREATE TABLE delivery_corrections (
  delivery_id uuid        NOT NULL,
  number      integer     NOT NULL CHECK (number > 0),
  app         text,                     -- the app that it is of; null: as received
  resource_id text        COLLATE "C",  -- null: as received
  fields      json,                     -- parameter name to text, or to null where it is taken away; null once erased
  user_id     text,                     -- whom the delivery names, read like this; null once erased
  note        text        NOT NULL,
  actor       text        NOT NULL,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (delivery_id, number)
);

CREATE INDEX delivery_corrections_by_user ON delivery_corrections (user_id) WHERE user_id IS NOT NULL;

CREATE FUNCTION allow_only_erasing_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.fields IS NOT NULL OR NEW.user_id IS NOT NULL
     OR (to_jsonb(NEW) - ARRAY['fields', 'user_id']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['fields', 'user_id']) THEN
    RAISE EXCEPTION 'a correction never changes, another one follows it' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER delivery_corrections_never_change BEFORE UPDATE ON delivery_corrections
  FOR EACH ROW EXECUTE FUNCTION allow_only_erasing_correction();
CREATE TRIGGER delivery_corrections_never_deleted BEFORE DELETE ON delivery_corrections
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_corrections_never_truncated BEFORE TRUNCATE ON delivery_corrections
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Many deliveries decided again at once: what was asked for and what was answered, so that a repeated request replays nothing.
CREATE TABLE replays (
  id              uuid        PRIMARY KEY,
  actor           text        NOT NULL,
  idempotency_key text        COLLATE "C" NOT NULL,  -- a digest of the caller's
  request_digest  bytea       NOT NULL,              -- tells a repeated request from another one under the same key
  answer          json        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (actor, idempotency_key)
);

CREATE TRIGGER replays_never_change BEFORE UPDATE OR DELETE ON replays
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER replays_never_truncated BEFORE TRUNCATE ON replays
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was only observed goes when its delivery is decided again, so that it is not counted against itself.
CREATE OR REPLACE FUNCTION refuse_change_of_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.paid THEN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
