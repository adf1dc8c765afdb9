/** The pages /call, which starts a session, and /call/{session_id}, which joins it. */

import "./style.css";
import { Refusal } from "../shared/api.ts";
import { element, icon } from "../shared/dom.ts";
import { buildFrame, notice } from "../shared/frame.ts";
import { api, currentUser } from "../shared/session.ts";
import { signIn } from "../shared/sign-in.ts";
import { SessionClient } from "./client.ts";
import { LINK } from "./icons.ts";
import { Lobby } from "./lobby.ts";
import { Stage } from "./stage.ts";
import type { Session, Token } from "./types.ts";

const frame = buildFrame(api);
const SESSIONS = "/api/v1/video-sessions/sessions";

async function show(): Promise<void> {
  let user = await currentUser();
  if (user === null) {
    await signIn(frame.main, api, "Calls are open to everybody who is signed in.");
    user = await currentUser();
  }
  frame.showUser(user);
  const sessionId = /^\/call\/([0-9a-f-]{36})\/?$/.exec(location.pathname)?.[1];
  if (sessionId === undefined) start();
  else await enter(sessionId, user?.name ?? "");
}

/** Ask for a name, and start a session under it. */
function start(): void {
  const problem = element("p", { class: "problem", role: "alert" });
  const name = element("input", { name: "name", required: true, maxlength: 255, value: "Team call" });
  const button = element("button", { class: "primary", type: "submit" }, "Start the call");
  const send = async (): Promise<void> => {
    button.disabled = true;
    problem.textContent = "";
    try {
      const session = await api.post<Session>(SESSIONS, { session_name: name.value });
      history.pushState(null, "", `/call/${session.id}${location.search}`);
      await show();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.textContent = error.message;
      button.disabled = false;
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void send();
  };
  const form = element(
    "form",
    { on: { submit } },
    element("h1", {}, "Start a call"),
    element("p", { class: "muted" }, "You get a link. Whoever is signed in and has it can join."),
    element("label", { class: "field" }, "Name", name),
    problem,
    button,
  );
  frame.main.replaceChildren(element("section", { class: "card sign-in" }, form));
  name.select();
}

/** Show the lobby, then the call. */
async function enter(sessionId: string, userName: string): Promise<void> {
  let session: Session;
  try {
    session = await api.get<Session>(`${SESSIONS}/${sessionId}`);
  } catch (error) {
    refuse(error);
    return;
  }
  if (session.status === "ended") {
    over("This call has ended.");
    return;
  }
  document.title = `${session.session_name} · Kinetoscope`;
  const lobby = new Lobby(session, userName);
  frame.main.replaceChildren(lobby.root);
  for (;;) {
    const choice = await lobby.chosen();
    try {
      const token = await api.post<Token>(`${SESSIONS}/${sessionId}/token`, { display_name: choice.name });
      const stage = new Stage(new SessionClient(sessionId, token), session, invitation(), over);
      document.body.classList.add("in-call");
      frame.main.replaceChildren(stage.root);
      await stage.begin(choice);
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === "session_full") lobby.say(error.message);
      else {
        refuse(error);
        return;
      }
    }
  }
}

/** Return a button that copies the address of this call. */
function invitation(): HTMLButtonElement {
  const words = element("span", {}, "Copy the link");
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href);
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = "Copy the link"), 2000);
  };
  return element("button", { type: "button", class: "quiet", on: { click: () => void copy() } }, icon(LINK), words);
}

function refuse(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  over(error.code === "session_not_found" ? "There is no such call. The link may be wrong." : error.message);
}

function over(why: string): void {
  document.body.classList.remove("in-call");
  const again = element("a", { class: "button", href: "/call" }, "Start a call");
  const back = element("a", { class: "button", href: location.pathname }, "Join again");
  frame.main.replaceChildren(notice("The call is over", why, element("p", { class: "choices" }, back, again)));
}

void show();
