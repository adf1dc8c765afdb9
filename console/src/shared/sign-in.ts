/** The form to sign in, or to make an account. */

import type { Api } from "./api.ts";
import { Refusal } from "./api.ts";
import { element } from "./dom.ts";

type Kind = "sign-in" | "register";

const WORDS = {
  "sign-in": { title: "Sign in", button: "Sign in", other: "Create an account instead" },
  register: { title: "Create an account", button: "Create account", other: "I have an account" },
} as const;

/** Show the form in a place until somebody is signed in. */
export function signIn(place: Element, api: Api, why: string): Promise<void> {
  return new Promise((resolve) => {
    const show = (kind: Kind): void => {
      const form = formOf(kind, api, why, resolve);
      const other = element(
        "button",
        { type: "button", class: "link", on: { click: () => show(kind === "sign-in" ? "register" : "sign-in") } },
        WORDS[kind].other,
      );
      place.replaceChildren(element("section", { class: "card sign-in" }, form, other));
      form.querySelector("input")?.focus();
    };
    show("sign-in");
  });
}

function formOf(kind: Kind, api: Api, why: string, done: () => void): HTMLFormElement {
  const problem = element("p", { class: "problem", role: "alert" });
  const name = field("Name", { name: "name", autocomplete: "name", maxlength: 255 });
  const email = field("E-mail", { name: "email", type: "email", autocomplete: "username", required: true });
  const password = field("Password", {
    name: "password",
    type: "password",
    required: true,
    autocomplete: kind === "sign-in" ? "current-password" : "new-password",
    minlength: kind === "register" ? 10 : null,
  });
  const lasting = element("input", { type: "checkbox", name: "lasting" });
  const button = element("button", { class: "primary", type: "submit" }, WORDS[kind].button);
  const send = async (): Promise<void> => {
    button.disabled = true;
    problem.textContent = "";
    try {
      const kept = { lasting: lasting.checked };
      if (kind === "sign-in") await api.signIn(email.input.value, password.input.value, kept);
      else await api.register(name.input.value, email.input.value, password.input.value, kept);
      done();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.textContent = error.message;
      button.disabled = false;
      password.input.select();
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void send();
  };
  return element(
    "form",
    { on: { submit } },
    element("h1", {}, WORDS[kind].title),
    element("p", { class: "muted" }, why),
    kind === "register" ? name.label : null,
    email.label,
    password.label,
    element("label", { class: "check" }, lasting, "Stay signed in on this device"),
    problem,
    button,
  );
}

function field(
  text: string,
  attributes: Record<string, string | number | boolean | null>,
): { label: HTMLLabelElement; input: HTMLInputElement } {
  const input = element("input", { type: "text", ...attributes });
  return { label: element("label", { class: "field" }, element("span", {}, text), input), input };
}
