// The service worker of the narrate player: pages from the network when it answers in time, else from the caches; sound from
// the caches when a chapter is there, with ranges, else from the network.
"use strict";

importScripts("narrate-player/files.js");

const PAGES = "narrate-pages";
const PATIENCE_MS = 4000;
const SOUND = /\.(mp3|m4b|m4a|opus|ogg|flac)$/i;

self.addEventListener("install", (event) => {
  // "reload": what the browser's own cache still has may be of another version.
  const shell = self.narrateFiles.files.map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(PAGES)
      .then((cache) => cache.addAll(shell))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length);
  if (path === "positions" || path.startsWith("positions/")) return;
  if (SOUND.test(path)) event.respondWith(sound(request));
  else if (path === "" || path === "index.html") event.respondWith(page(request, new URL("index.html", scope).href));
  else if (request.mode !== "navigate" && isOurs(path, url)) event.respondWith(page(request, request.url));
});

// The player's own files and data, and a book's cover. What else lies there is somebody else's page.
const isOurs = (path, url) => path.startsWith("narrate-player/") || url.searchParams.has("v");

async function page(request, name) {
  const cache = await caches.open(PAGES);
  const fetched = fetch(request).then(async (answer) => {
    // A redirected answer must not stand for another address.
    if (answer.status === 200 && answer.type === "basic" && !answer.redirected) await cache.put(name, answer.clone());
    return answer;
  });
  fetched.catch(() => {});
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([fetched.catch(() => undefined), late]);
  if (answer && (answer.ok || answer.status === 401)) return answer;
  return (await caches.match(name)) || answer || fetched;
}

async function sound(request) {
  const whole = await caches.match(request.url);
  if (!whole) return fetch(request);
  const range = request.headers.get("Range");
  if (!range) return whole;
  const blob = await whole.blob();
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim());
  if (!match || (!match[1] && !match[2])) return whole;
  const first = match[1] ? Number(match[1]) : Math.max(0, blob.size - Number(match[2]));
  const last = match[1] && match[2] ? Math.min(Number(match[2]), blob.size - 1) : blob.size - 1;
  if (first > last) {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${blob.size}` } });
  }
  return new Response(blob.slice(first, last + 1), {
    status: 206,
    statusText: "Partial Content",
    headers: {
      "Content-Type": whole.headers.get("Content-Type") || "audio/mpeg",
      "Content-Length": String(last - first + 1),
      "Content-Range": `bytes ${first}-${last}/${blob.size}`,
      "Accept-Ranges": "bytes",
    },
  });
}
