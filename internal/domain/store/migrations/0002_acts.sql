-- A signed act counts once: its nonce is in one entry.
CREATE UNIQUE INDEX outbox_act ON outbox (json_extract(CAST(entry AS TEXT), '$.body.act_nonce'));
