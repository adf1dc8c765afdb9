import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawer } from "./support.ts";
import { TokenStore } from "../src/shared/tokens.ts";

const FIRST = { accessToken: "a1", refreshToken: "r1", expiresAt: 1 };
const SECOND = { accessToken: "a2", refreshToken: "r2", expiresAt: 2 };

test("tokens stay in the tab unless the person asked for more", () => {
  const [tab, device] = [new Drawer(), new Drawer()];
  const store = new TokenStore(tab, device);
  store.signIn(FIRST, { lasting: false });
  assert.deepEqual(store.read(), FIRST);
  assert.equal(device.size, 0);
});

test("renewed tokens are kept where the old ones were", () => {
  const [tab, device] = [new Drawer(), new Drawer()];
  const store = new TokenStore(tab, device);
  store.signIn(FIRST, { lasting: true });
  store.renew(SECOND);
  assert.deepEqual(store.read(), SECOND);
  assert.equal(tab.size, 0);
});

test("signing out leaves nothing", () => {
  const [tab, device] = [new Drawer(), new Drawer()];
  const store = new TokenStore(tab, device);
  store.signIn(FIRST, { lasting: true });
  store.clear();
  assert.equal(store.read(), null);
  assert.equal(tab.size + device.size, 0);
});

test("what is not a whole set of tokens is nobody", () => {
  const tab = new Drawer();
  const store = new TokenStore(tab, new Drawer());
  for (const text of ["", "{", "null", "7", '{"accessToken":"a"}']) {
    tab.setItem("kinetoscope.tokens", text);
    assert.equal(store.read(), null);
  }
});
