-- Which process says what a destination hears of: of several the one that started last, whoever comes to say it last.
ALTER TABLE destinations
  ADD COLUMN declared_at timestamptz NOT NULL DEFAULT '-infinity';  -- when the process started whose word stands; endpoints have none
