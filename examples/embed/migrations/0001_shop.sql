create table customers (
    id bigint generated always as identity primary key,
    name text not null,
    email text not null unique,
    password_hash text not null,
    closed boolean not null default false
);

-- The shop itself, whose messages customers get. Nobody logs in as it: its hash is of no password.
insert into customers (name, email, password_hash) values ('The Shop', 'shop@example.com', '!');

create table sessions (
    id uuid primary key default gen_random_uuid(),
    token_digest bytea not null unique,
    customer bigint not null references customers,
    expires_at timestamptz not null
);

create table orders (
    id bigint generated always as identity primary key,
    customer bigint not null references customers,
    item text not null,
    state text not null default 'open' check (state in ('open', 'paid'))
);
