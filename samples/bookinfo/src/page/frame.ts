import { type Html, markup } from "./html.ts";

/** What every page has around it: head, the bar with the user, and the foot. */
export function frame(user: string | undefined, main: Html): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simple Bookstore App</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/bookstore.css">
</head>
<body>
<header class="bar">
<a class="brand" href="/productpage">${SAIL}<span>Simple Bookstore</span></a>
${user === undefined ? SIGN_IN : signedIn(user)}
</header>
<main>${main}</main>
<footer>Bookinfo: four small services, one of them in three versions, and a mesh between them.</footer>
</body>
</html>
`.html;
}

const SAIL = markup`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 17 18 2c1 6 0 11-3 15z"/><path d="M2 19h19c-2 2-4 3-7 3H8c-3 0-5-1-6-3z"/></svg>`;

const SIGN_IN = markup`<details class="sign-in"><summary>Sign in</summary>
<form method="post" action="/login" name="login_form">
<label>Name<input name="username" required maxlength="64" autocomplete="username" placeholder="jason"></label>
<label>Password<input name="passwd" type="password" autocomplete="off" placeholder="anything"></label>
<button type="submit">Sign in</button>
<p>Any name will do. Routes can look at it.</p>
</form></details>`;

function signedIn(user: string): Html {
  return markup`<div class="user"><span class="avatar" aria-hidden="true">${initial(user)}</span>
<b>${user}</b><a href="/logout">Sign out</a></div>`;
}

function initial(user: string): string {
  return [...user][0]?.toUpperCase() ?? "";
}
