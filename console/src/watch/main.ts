/** The page /watch/{video_id}. */

import { buildFrame, notice } from "../shared/frame.ts";
import { api, currentUser } from "../shared/session.ts";
import { signIn } from "../shared/sign-in.ts";

const frame = buildFrame(api);

async function show(): Promise<void> {
  let user = await currentUser();
  if (user === null) {
    await signIn(frame.main, api, "Videos are open to everybody who is signed in.");
    user = await currentUser();
  }
  frame.showUser(user);
  frame.main.replaceChildren(notice("Nothing to show yet", "The player follows."));
}

void show();
