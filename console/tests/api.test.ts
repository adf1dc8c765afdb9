import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawer, serverThat, type Asked } from "./support.ts";
import { Api, Refusal } from "../src/shared/api.ts";
import { TokenStore } from "../src/shared/tokens.ts";

const NOW = 1_000_000;
const FRESH = { access_token: "new", refresh_token: "r2", expires_in: 1800, user: { id: "u" } };

function signedIn(expiresInMs: number, answer: (asked: Asked) => [number, unknown?]) {
  const store = new TokenStore(new Drawer(), new Drawer());
  store.signIn({ accessToken: "old", refreshToken: "r1", expiresAt: NOW + expiresInMs }, { lasting: false });
  const server = serverThat(answer);
  return { api: new Api(store, server.fetch, () => NOW), store, asked: server.asked };
}

test("nobody's requests carry no credential", async () => {
  const server = serverThat(() => [200, { ok: true }]);
  const api = new Api(new TokenStore(new Drawer(), new Drawer()), server.fetch);
  assert.deepEqual(await api.get("/api/v1/x"), { ok: true });
  assert.equal(server.asked[0]?.credential, null);
});

test("a token is renewed before it expires, once for all who wait", async () => {
  const { api, store, asked } = signedIn(1_000, ({ path }) => (path.endsWith("/refresh") ? [200, FRESH] : [200, 1]));
  await api.get("/api/v1/x");
  assert.deepEqual(
    asked.map(({ path, credential }) => [path, credential]),
    [
      ["/api/v1/auth/refresh", null],
      ["/api/v1/x", "Bearer new"],
    ],
  );
  assert.equal(store.read()?.refreshToken, "r2");
  await api.get("/api/v1/y");
  assert.equal(asked.length, 3);
});

test("a token that the server no longer takes is renewed, and the request repeated", async () => {
  const { api } = signedIn(900_000, ({ path, credential }) => {
    if (path.endsWith("/refresh")) return [200, FRESH];
    return credential === "Bearer new" ? [200, "here"] : [401, { code: "bad_token", detail: "Sign in again." }];
  });
  assert.equal(await api.get("/api/v1/x"), "here");
});

test("when nothing renews it, the person is signed out", async () => {
  const { api, store } = signedIn(900_000, () => [401, { code: "bad_token", detail: "Sign in again." }]);
  await assert.rejects(api.get("/api/v1/x"), { status: 401, code: "bad_token", message: "Sign in again." });
  assert.equal(store.read(), null);
});

test("what outlives the page neither waits nor sends what has expired", async () => {
  const { api, asked } = signedIn(-1, () => [201, {}]);
  await api.send("POST", "/api/v1/videos/v/track-view", { watch_duration: 1 }, { keepalive: true });
  assert.deepEqual(asked, [
    { method: "POST", path: "/api/v1/videos/v/track-view", credential: null, body: { watch_duration: 1 } },
  ]);
});

test("a server that cannot be reached is a sentence too", async () => {
  const broken = async () => Promise.reject(new TypeError("fetch failed"));
  const api = new Api(new TokenStore(new Drawer(), new Drawer()), broken as typeof fetch);
  await assert.rejects(api.get("/x"), (error) => error instanceof Refusal && error.code === "unreachable");
});
