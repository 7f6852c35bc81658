-- Double entry. Amounts stay within 2^53 - 1 so that they are exact as JSON numbers too.
CREATE TABLE accounts (
  id          uuid   PRIMARY KEY,
  app         text   NOT NULL,
  unit        text   NOT NULL CHECK (unit ~ '^[a-z][a-z0-9_-]{0,31}$'),
  kind        text   NOT NULL CHECK (kind IN ('campaign_budget', 'user_available', 'user_pending', 'redeemed', 'expired', 'adjustment')),
  user_ref    uuid   REFERENCES users,
  campaign_id uuid   REFERENCES campaigns,
  balance     bigint NOT NULL DEFAULT 0 CHECK (balance BETWEEN -9007199254740991 AND 9007199254740991),
  floor       bigint,                          -- null: no floor
  CHECK (floor IS NULL OR balance >= floor),
  CHECK ((kind IN ('user_available', 'user_pending')) = (user_ref IS NOT NULL)),
  CHECK ((kind = 'campaign_budget') = (campaign_id IS NOT NULL)),
  -- What the account is, in one text: what it is looked up by, locked in the order of, and unique by.
  name        text   COLLATE "C" NOT NULL UNIQUE GENERATED ALWAYS AS
                       (kind || '/' || app || '/' || unit || '/' || coalesce(user_ref::text, campaign_id::text, '')) STORED
);

CREATE TABLE transfers (
  id          uuid        PRIMARY KEY,
  app         text        NOT NULL,
  unit        text        NOT NULL,
  kind        text        NOT NULL CHECK (kind IN ('reward')),
  amount      bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE entries (
  id            uuid   PRIMARY KEY,
  transfer_id   uuid   NOT NULL,
  account_id    uuid   NOT NULL REFERENCES accounts,
  amount        bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL
);

CREATE INDEX entries_by_account ON entries (account_id, id);

-- Each credit is a lot, so that points can be spent and can expire in a recorded order.
CREATE TABLE lots (
  id          uuid        PRIMARY KEY,
  account_id  uuid        NOT NULL REFERENCES accounts,
  transfer_id uuid        NOT NULL,
  amount      bigint      NOT NULL CHECK (amount > 0),
  remaining   bigint      NOT NULL CHECK (remaining BETWEEN 0 AND amount),
  expires_at  timestamptz
);

CREATE INDEX lots_by_account ON lots (account_id, expires_at) WHERE remaining > 0;

-- Lasting uniqueness. A transfer's key makes it happen once; a reward's key, written by the rule, makes it be paid once, for ever.
CREATE TABLE transfer_keys (
  app         text NOT NULL,
  key         text COLLATE "C" NOT NULL,
  transfer_id uuid NOT NULL,
  PRIMARY KEY (key, app)
);

CREATE TABLE reward_keys (
  app         text NOT NULL,
  key         text COLLATE "C" NOT NULL,
  delivery_id uuid NOT NULL,
  transfer_id uuid NOT NULL,
  PRIMARY KEY (key, app)
);

-- The entries of a transfer are written by one statement, and by then they balance, in the transfer's own app and unit.
CREATE FUNCTION refuse_unbalanced_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT FROM new_entries GROUP BY transfer_id HAVING sum(amount) <> 0 OR count(*) < 2) THEN
    RAISE EXCEPTION 'the entries of a transfer must sum to zero' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    SELECT FROM new_entries e
    JOIN accounts a ON a.id = e.account_id
    LEFT JOIN transfers t ON t.id = e.transfer_id
    WHERE (a.app, a.unit) IS DISTINCT FROM (t.app, t.unit)
  ) THEN
    RAISE EXCEPTION 'an entry must stay within its transfer''s app and unit' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER entries_balance AFTER INSERT ON entries
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_transfer();

CREATE TRIGGER transfers_never_change BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_keys_never_change BEFORE UPDATE OR DELETE ON transfer_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_keys_never_change BEFORE UPDATE OR DELETE ON reward_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_never_truncated BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_never_truncated BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_keys_never_truncated BEFORE TRUNCATE ON transfer_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_keys_never_truncated BEFORE TRUNCATE ON reward_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
