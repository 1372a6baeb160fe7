// Without a network: the service worker answers from the caches that are filled here. The chapters heard last are kept by
// themselves, a whole book when it is asked for. Where there is no service worker (a disk, plain http), nothing of this is.
"use strict";

(function (narrate) {
  const PAGES = "narrate-pages";
  const RECENT = "narrate-recent";
  const KEPT = "narrate-kept-";
  const MOST_RECENT = 4;
  const LISTENED_MS = 4000;

  const possible =
    "serviceWorker" in navigator && window.isSecureContext && location.protocol.startsWith("http") && "caches" in window;
  let ready = Promise.resolve(false);

  narrate.canKeep = () => possible;

  narrate.startOffline = function () {
    if (!possible) return;
    // Not in the page itself: from a disk a browser refuses it, loudly. With credentials, for a host that asks for them.
    const app = { rel: "manifest", href: "narrate-player/app.webmanifest", crossOrigin: "use-credentials" };
    document.head.append(Object.assign(document.createElement("link"), app));
    ready = navigator.serviceWorker
      .register("sw.js")
      .then(() => navigator.serviceWorker.ready)
      .then(() => true)
      .catch(() => false);
  };

  // `fresh`: what has no version in its address is fetched anew, for it may be of an earlier build.
  async function addMissing(cacheName, urls, { signal, fresh = false, told = () => {} } = {}) {
    const cache = await caches.open(cacheName);
    for (const [index, url] of urls.entries()) {
      if (signal && signal.aborted) return;
      const full = new URL(url, document.baseURI).href;
      // In any cache: a chapter heard a moment ago need not be fetched again, only copied.
      const found = fresh && !full.includes("?v=") ? null : await caches.match(full);
      if (found) await cache.put(full, found);
      else {
        const answer = await fetch(full, { signal });
        if (answer.status !== 200) throw new Error(answer.status);
        await cache.put(full, answer);
      }
      told(index + 1, urls.length);
    }
  }

  async function dropOthers(cacheName, urls) {
    const cache = await caches.open(cacheName);
    const wanted = new Set(urls.map((url) => new URL(url, document.baseURI).href));
    for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
  }

  // What a page has loaded before the service worker was there.
  narrate.keepPages = async function (names) {
    if (!(await ready)) return;
    try {
      await addMissing(PAGES, names);
    } catch {
      // offline, or no room: as it is
    }
  };

  const files = (book, index) => [
    narrate.dataUrl(book.key + "/cues-" + (index + 1)),
    narrate.dataUrl(book.key + "/peaks-" + (index + 1)),
    book.chapters[index].url,
  ];

  async function keepRecent(book, index) {
    if (!(await ready) || (navigator.connection && navigator.connection.saveData)) return;
    try {
      const indexes = [index, index + 1].filter((each) => each < book.chapters.length);
      const wanted = indexes.flatMap((each) => files(book, each));
      const pages = wanted.filter((url) => url.startsWith("narrate-player/"));
      await addMissing(PAGES, [narrate.dataUrl(book.key + "/book"), ...pages, ...(book.cover ? [book.cover] : [])]);
      const sounds = wanted.filter((url) => !url.startsWith("narrate-player/"));
      await addMissing(RECENT, sounds);
      const cache = await caches.open(RECENT);
      const now = new Set(sounds.map((url) => new URL(url, document.baseURI).href));
      const old = (await cache.keys()).filter((request) => !now.has(request.url));
      for (const request of old.slice(0, Math.max(0, old.length + now.size - MOST_RECENT))) await cache.delete(request);
    } catch {
      // offline, or no room: as it is
    }
  }

  let timer = 0;
  function soon() {
    clearTimeout(timer);
    const { book, index } = narrate.engine;
    timer = setTimeout(() => narrate.engine.playing && keepRecent(book, index), LISTENED_MS);
  }
  narrate.engine.addEventListener("chapter", soon);
  narrate.engine.addEventListener("state", soon);

  const pagesOf = (book) => [narrate.dataUrl("shelf"), narrate.dataUrl(book.key + "/book"), ...(book.cover ? [book.cover] : [])];

  // Whether all of the book is kept, as it is now: one that was built anew is not.
  narrate.isKept = async function (book) {
    if (!possible || !narrate.kept("kept:" + book.key, false)) return false;
    try {
      const there = new Set((await (await caches.open(KEPT + book.key)).keys()).map(({ url }) => url));
      return book.chapters.every(({ url }) => there.has(new URL(url, document.baseURI).href));
    } catch {
      return false; // the browser keeps nothing
    }
  };

  narrate.keepBook = async function (book, told, signal) {
    if (!(await ready)) throw new Error("no service worker");
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    const urls = book.chapters.flatMap((_, index) => files(book, index));
    const all = [...pagesOf(book), ...urls];
    try {
      await addMissing(KEPT + book.key, all, { signal, fresh: true, told });
    } catch (error) {
      if (error.name === "QuotaExceededError") await caches.delete(KEPT + book.key);
      throw error;
    }
    if (signal.aborted) return;
    narrate.keep("kept:" + book.key, true);
    await dropOthers(KEPT + book.key, all);
  };

  narrate.forgetBook = async function (book) {
    narrate.keep("kept:" + book.key, false);
    await caches.delete(KEPT + book.key);
  };
})(window.narrate);
