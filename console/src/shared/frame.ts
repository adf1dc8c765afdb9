/** What stands around every page: the name, who is signed in, and a place for the content. */

import "./style.css";
import type { Api, User } from "./api.ts";
import { element } from "./dom.ts";

export interface Frame {
  /** Where the page puts its content. */
  readonly main: HTMLElement;
  /** Show who is signed in, with a way out; null for nobody. */
  showUser(user: User | null): void;
}

/** Build the frame into the document. */
export function buildFrame(api: Api): Frame {
  const account = element("div", { class: "account" });
  const main = element("main", { id: "content", tabindex: -1 });
  const mark = element("span", { class: "mark", "aria-hidden": "true" });
  document.body.replaceChildren(
    element("a", { class: "skip", href: "#content" }, "Skip to the content"),
    element("header", { class: "top" }, element("a", { class: "name", href: "/" }, mark, "Kinetoscope"), account),
    main,
  );
  const leave = async (): Promise<void> => {
    await api.signOut();
    location.reload();
  };
  return {
    main,
    showUser(user) {
      if (user === null) return account.replaceChildren();
      const button = element("button", { type: "button", class: "quiet", on: { click: () => void leave() } });
      button.append("Sign out");
      account.replaceChildren(element("span", { class: "muted who" }, user.name || user.email), button);
    },
  };
}

/** Return a message that fills a page: what happened, and what to do about it. */
export function notice(title: string, text: string, ...more: Node[]): HTMLElement {
  return element(
    "section",
    { class: "card notice", role: "status" },
    element("h1", {}, title),
    element("p", { class: "muted" }, text),
    ...more,
  );
}
