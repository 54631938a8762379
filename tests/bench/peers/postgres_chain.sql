-- What a competent team would build on PostgreSQL 15 instead of a ledger: entries that are only ever appended,
-- chained by SHA-256 under one locked head row, budget ceilings as check constraints, unique request ids, and two
-- indexes for auditors. Each entry is one call of a prepared function, one round trip. It signs nothing, proves
-- nothing to outsiders, and keeps fewer indexes than the ledger must.
create table chain_head(one int primary key, seq bigint not null, hash bytea not null);
insert into chain_head values (1, 0, '\x00');
create table budget_line(
  id int primary key,
  planned bigint not null,
  allocated bigint not null,
  disbursed bigint not null,
  check (disbursed <= allocated),
  check (allocated <= planned));
insert into budget_line select n, 1000000000000000, 1000000000000000, 0 from generate_series(1, 1000) n;
create table entry(
  seq bigint primary key,
  prev bytea not null,
  hash bytea not null,
  recorded_at timestamptz not null default clock_timestamp(),
  officer text not null,
  kind text not null,
  line int not null references budget_line,
  amount bigint not null,
  body jsonb not null,
  request_id text not null unique);
create index on entry(line, seq);
create index on entry(officer, seq);

create function record_one(the_line int, the_amount bigint, rid text) returns bigint language plpgsql as $$
declare
  head chain_head;
  place bigint;
  link bytea;
  content jsonb;
begin
  select * into head from chain_head where one = 1 for update;
  place := head.seq + 1;
  content := jsonb_build_object('payee', 'village committee', 'memo', 'second instalment', 'line', the_line,
                                'evidence', 'd2c76b8b9d6a0f');
  update budget_line set disbursed = disbursed + the_amount where id = the_line;
  link := sha256(head.hash || int8send(place) || int8send(the_amount) || convert_to(rid, 'UTF8') ||
                 convert_to(content::text, 'UTF8'));
  insert into entry values
    (place, head.hash, link, clock_timestamp(), 'finance', 'disburse', the_line, the_amount, content, rid);
  update chain_head set seq = place, hash = link where one = 1;
  return place;
end $$;

-- The bulk path: `how_many` entries in one transaction and one round trip.
create function record_many(how_many int, rid text) returns bigint language plpgsql as $$
declare
  head chain_head;
  place bigint;
  link bytea;
  before bytea;
  content jsonb;
  the_line int;
begin
  select * into head from chain_head where one = 1 for update;
  place := head.seq;
  link := head.hash;
  for i in 1..how_many loop
    the_line := 1 + (random() * 999)::int;
    content := jsonb_build_object('payee', 'village committee', 'memo', 'second instalment', 'line', the_line,
                                  'evidence', 'd2c76b8b9d6a0f');
    update budget_line set disbursed = disbursed + 100 where id = the_line;
    place := place + 1;
    before := link;
    link := sha256(before || int8send(place) || int8send(100) || convert_to(rid || i, 'UTF8') ||
                   convert_to(content::text, 'UTF8'));
    insert into entry values
      (place, before, link, clock_timestamp(), 'finance', 'disburse', the_line, 100, content, rid || '-' || i);
  end loop;
  update chain_head set seq = place, hash = link where one = 1;
  return place;
end $$;
