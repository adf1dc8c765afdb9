"""Signing up, in and out, over HTTP."""

import asyncio
from typing import Any

import asyncpg
import jwt
from httpx import AsyncClient

from support.cast import PASSWORD, Person
from support.clock import FakeClock


async def test_who_signs_up_is_signed_in_and_has_a_default_project(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/auth/register", json={"email": "Zoe@Example.org", "password": PASSWORD}
    )

    assert answer.status_code == 201
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert (body["user"]["email"], body["user"]["name"], body["user"]["role"]) == (
        "Zoe@Example.org",
        "Zoe",
        "USER",
    )
    signed_in = {"Authorization": f"Bearer {body['access_token']}"}
    projects = (await client.get("/api/v1/projects", headers=signed_in)).json()
    assert [project["name"] for project in projects["projects"]] == ["default"]


async def test_an_email_address_is_taken_whatever_its_letter_case(client: AsyncClient, alice: Person) -> None:
    answer = await client.post(
        "/api/v1/auth/register", json={"email": "ALICE@example.org", "password": PASSWORD}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_of_twenty_racing_registrations_of_one_address_one_succeeds(client: AsyncClient) -> None:
    body = {"email": "race@example.org", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/api/v1/auth/register", json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_a_short_password_is_refused(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/auth/register", json={"email": "x@example.org", "password": "nine char"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"


async def test_login_takes_json_and_the_oauth2_form(client: AsyncClient, alice: Person) -> None:
    as_json = await client.post(
        "/api/v1/auth/login", json={"email": "alice@example.org", "password": PASSWORD}
    )
    as_form = await client.post(
        "/api/v1/auth/login", data={"username": "alice@example.org", "password": PASSWORD}
    )
    assert (as_json.status_code, as_form.status_code) == (200, 200)
    assert as_json.json()["user"] == as_form.json()["user"]


async def test_a_wrong_password_and_an_unknown_address_look_the_same(
    client: AsyncClient, alice: Person
) -> None:
    wrong = await client.post("/api/v1/auth/login", json={"email": "alice@example.org", "password": "wrong"})
    unknown = await client.post(
        "/api/v1/auth/login", json={"email": "nobody@example.org", "password": "wrong"}
    )
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    for answer in (wrong, unknown):
        assert answer.json()["code"] == "bad_credentials"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_login_without_a_password_names_the_missing_field(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", data={"username": "alice@example.org"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "password"]


async def test_the_access_token_is_verified_by_the_published_keys(client: AsyncClient, alice: Person) -> None:
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    token = alice.tokens["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(key for key in keys if key["kid"] == kid))
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], audience="kinetoscope")
    assert (claims["sub"], claims["role"], claims["iss"]) == (alice.id, "USER", "kinetoscope")
    assert {"iat", "exp", "jti"} <= set(claims)


async def test_an_access_token_expires(alice: Person, clock: FakeClock) -> None:
    clock.advance(minutes=29)
    assert (await alice.get("/api/v1/auth/me")).status_code == 200
    clock.advance(minutes=2)
    answer = await alice.get("/api/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


async def test_a_refresh_token_gives_a_new_pair_once(client: AsyncClient, alice: Person) -> None:
    first = {"refresh_token": alice.tokens["refresh_token"]}
    renewed = await client.post("/api/v1/auth/refresh", json=first)
    assert renewed.status_code == 200

    again = await client.post("/api/v1/auth/refresh", json=first)
    assert (again.status_code, again.json()["code"]) == (401, "bad_refresh_token")


async def test_a_refresh_token_used_twice_revokes_all_that_came_from_it(
    client: AsyncClient, alice: Person
) -> None:
    first = {"refresh_token": alice.tokens["refresh_token"]}
    renewed = (await client.post("/api/v1/auth/refresh", json=first)).json()
    await client.post("/api/v1/auth/refresh", json=first)

    newest = await client.post("/api/v1/auth/refresh", json={"refresh_token": renewed["refresh_token"]})
    assert newest.status_code == 401


async def test_of_ten_racing_refreshes_with_one_token_one_succeeds(
    client: AsyncClient, alice: Person
) -> None:
    body = {"refresh_token": alice.tokens["refresh_token"]}
    answers = await asyncio.gather(*(client.post("/api/v1/auth/refresh", json=body) for _ in range(10)))
    assert [answer.status_code for answer in answers].count(200) == 1


async def test_a_refresh_token_expires(client: AsyncClient, alice: Person, clock: FakeClock) -> None:
    clock.advance(days=31)
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]})
    assert answer.status_code == 401


async def test_logging_out_ends_the_access_token_and_its_refresh_tokens(
    client: AsyncClient, alice: Person
) -> None:
    assert (await alice.post("/api/v1/auth/logout")).status_code == 204

    assert (await alice.get("/api/v1/auth/me")).status_code == 401
    refreshed = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]}
    )
    assert refreshed.status_code == 401


async def test_logging_out_leaves_the_other_sign_ins_alone(client: AsyncClient, alice: Person) -> None:
    elsewhere = await client.post(
        "/api/v1/auth/login", json={"email": "alice@example.org", "password": PASSWORD}
    )
    await alice.post("/api/v1/auth/logout")
    headers = {"Authorization": f"Bearer {elsewhere.json()['access_token']}"}
    assert (await client.get("/api/v1/auth/me", headers=headers)).status_code == 200


async def test_no_secret_is_stored_as_it_is(alice: Person, dsn: str) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"}, headers={"Idempotency-Key": "x"})).json()
    rows: list[str] = []
    connection = await asyncpg.connect(dsn)
    for table in ("accounts", "refresh_tokens", "refresh_families", "api_keys", "idempotency_keys"):
        found = await connection.fetch(f"SELECT t::text AS row FROM {table} t")  # noqa: S608
        rows += [row["row"] for row in found]
    await connection.close()
    dump = "\n".join(rows)
    assert "alice@example.org" in dump
    for secret in (PASSWORD, alice.tokens["refresh_token"], key["key"]):
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_a_login_with_a_nul_byte_is_refused_as_json_and_as_a_form(client: AsyncClient) -> None:
    fields = {"email": "a\0@example.org", "password": PASSWORD}
    as_json = await client.post("/api/v1/auth/login", json=fields)
    as_form = await client.post(
        "/api/v1/auth/login", data={"username": fields["email"], "password": PASSWORD}
    )
    assert (as_json.status_code, as_form.status_code) == (422, 422)
