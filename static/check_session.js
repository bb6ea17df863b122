// A relying party's page asks whether its person is still signed in here: OpenID Connect Session Management 1.0,
// section 3.2. The state is made as in idp/protocol/session_state.py.
const cookie = `${document.documentElement.dataset.cookie}=`;
const stateOf = (origin, client, salt, browser) => `${client} ${origin} ${browser} ${salt}`;

const browserState = () => {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(cookie));
  return found ? found.slice(cookie.length) : "";
};

const digest = async (text) => {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

// A browser that keeps our cookies from us here must not make the page believe that the person has left.
const isKeptFromUs = async () => Boolean(document.hasStorageAccess) && !(await document.hasStorageAccess());

const judge = async (message, origin) => {
  const [, client, told, salt] = /^(\S+) ([0-9a-f]{64})\.([\w-]+)$/.exec(message) ?? [];
  if (!salt) return "error";
  const browser = browserState();
  if (!browser && (await isKeptFromUs())) return "error";
  return (await digest(stateOf(origin, client, salt, browser))) === told ? "unchanged" : "changed";
};

addEventListener("message", async (event) => {
  // Only the page that frames us is answered.
  if (event.source !== parent || parent === window || event.origin === "null") return;
  const answer = await judge(String(event.data), event.origin).catch(() => "error");
  event.source.postMessage(answer, event.origin);
});
