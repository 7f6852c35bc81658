-- What the webhook told us. A share has its delivery's id: one share per delivery, whatever is repeated.
CREATE TABLE shares (
  id                uuid        PRIMARY KEY,
  app               text        NOT NULL,
  user_ref          uuid        REFERENCES users,
  chat_type         text        NOT NULL,
  room_hash         text,                    -- HASH_CHAT_ID; null once erased
  template_id       text,
  single_chatroom   boolean,                 -- null: not told
  member_range      text,                    -- null: not told
  custom            json,                    -- custom parameters exactly as written; null once erased
  unknown_values    text[]      NOT NULL,    -- names of parameters whose value Kakao's page does not list
  received_at       timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX shares_by_user ON shares (user_ref, id);

-- How a delivery ended, and why. The newest is current; earlier ones stay as history.
CREATE TABLE decisions (
  delivery_id      uuid        NOT NULL,
  number           integer     NOT NULL CHECK (number > 0),
  app              text        NOT NULL,
  verdict          text        NOT NULL,
  reasons          json        NOT NULL,
  user_ref         uuid        REFERENCES users,
  campaign_id      uuid        REFERENCES campaigns,
  campaign_version integer,
  transfer_id      uuid,
  amount           bigint      CHECK (amount > 0),
  unit             text,
  actor            text        NOT NULL,
  decided_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  superseded_at    timestamptz,
  PRIMARY KEY (delivery_id, number),
  CHECK ((verdict = 'rewarded') = (transfer_id IS NOT NULL)),
  CHECK ((amount IS NULL) = (unit IS NULL))
);

CREATE UNIQUE INDEX decisions_one_current ON decisions (delivery_id) WHERE superseded_at IS NULL;
CREATE INDEX decisions_by_verdict ON decisions (verdict, delivery_id) WHERE superseded_at IS NULL;

-- A decision can only be superseded, once; and one that has paid never is.
CREATE FUNCTION allow_only_superseding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.transfer_id IS NOT NULL THEN
    RAISE EXCEPTION 'what has paid is never decided again' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
     OR (to_jsonb(NEW) - 'superseded_at') IS DISTINCT FROM (to_jsonb(OLD) - 'superseded_at') THEN
    RAISE EXCEPTION 'a decision never changes, it is superseded' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER decisions_only_superseded BEFORE UPDATE ON decisions
  FOR EACH ROW EXECUTE FUNCTION allow_only_superseding();
CREATE TRIGGER decisions_never_deleted BEFORE DELETE ON decisions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_never_truncated BEFORE TRUNCATE ON decisions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
