-- Who did what by hand; written in the transaction of the change.
CREATE TABLE audit (
  id     uuid        PRIMARY KEY,
  actor  text        NOT NULL,
  app    text,
  action text        NOT NULL,
  target text        NOT NULL,
  before json,
  after  json,
  reason text,
  at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON audit
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_never_truncated BEFORE TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
