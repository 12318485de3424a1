/** The one-time code of a login link is used by a POST from here, so that whoever only fetches the link does not use it up. */

const status = element("status");
const form = element("form");
const input = /** @type {HTMLInputElement} */ (element("token"));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void logIn({ token: input.value.trim() });
});

const code = new URLSearchParams(location.search).get("code");
history.replaceState(null, "", "/login");
if (code !== null) void logIn({ code });
else input.focus();

/** @param {{ token: string } | { code: string }} secret */
async function logIn(secret) {
  say("Logging in…");
  try {
    const response = await fetch("/api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(secret),
    });
    if (response.ok) {
      location.replace("/");
      return;
    }
    const { error } = /** @type {{ error: { message: string } }} */ (await response.json());
    say(`Not logged in: ${error.message}.`, true);
  } catch {
    say("Sheaf does not answer. Is it running?", true);
  }
  input.focus();
}

/**
 * @param {string} text
 * @param {boolean} [isProblem]
 */
function say(text, isProblem = false) {
  status.textContent = text;
  status.classList.toggle("problem", isProblem);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}
