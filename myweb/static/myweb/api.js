// Requests of a page's scripts. Each names the page's user; the server refuses it once another user has signed in.

const user = document.querySelector("meta[name=page-user]")?.content;
const own = user ? { "X-Page-User": user } : {};

export const request = (url, options = {}) => fetch(url, { ...options, headers: { ...options.headers, ...own } });
