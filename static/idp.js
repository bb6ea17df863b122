// Everything here is a convenience: each page works without it.

// The summary of mistakes has autofocus; for browsers that heed that in input fields only.
document.getElementById("problems")?.focus();

// Show and hide what is typed into a password field; hidden again before it is sent, so that managers recognise it.
for (const button of document.querySelectorAll("button[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  const label = button.querySelector("span");
  const reveal = (shown) => {
    input.type = shown ? "text" : "password";
    label.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    reveal(input.type === "password");
    input.focus();
  });
  input.form?.addEventListener("submit", () => reveal(false));
}

// Copy a value by pressing it.
if (navigator.clipboard) {
  for (const value of document.querySelectorAll("[data-copy]")) {
    value.tabIndex = 0;
    value.setAttribute("role", "button");
    const copy = async () => {
      await navigator.clipboard.writeText(value.textContent);
      value.dataset.copied = "yes";
      setTimeout(() => delete value.dataset.copied, 1500);
    };
    value.addEventListener("click", copy);
    value.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        copy();
      }
    });
  }
}

// OAuth 2.0 Form Post Response Mode: sent once, and not again when the person comes back to this page.
const response = document.querySelector("form[data-auto-submit]");
const [entry] = performance.getEntriesByType("navigation");
if (response && entry?.type !== "back_forward") response.submit();

// Front-channel logout: go on when the frames of the apps have loaded, or have had their time. Never when coming back.
const onward = document.getElementById("onward");
if (onward && entry?.type !== "back_forward") {
  const go = () => location.replace(onward.href);
  if (document.readyState === "complete") go();
  else addEventListener("load", go);
  setTimeout(go, 3000);
}
