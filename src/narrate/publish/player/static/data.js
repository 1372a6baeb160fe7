// What the shelf holds, loaded by <script>: the one way that works from a disk, too, where fetch is refused.
//
//   narrate-player/data/shelf.js           receive("shelf", {sync, books: [{key, title, author, language, …}]})
//   narrate-player/data/KEY/book.js        receive("KEY/book", {chapters: [{title, start, duration, url}]})
//   narrate-player/data/KEY/cues-N.js      receive("KEY/cues-N", {blocks: [[role, [[start, duration, text, words]]]]});
//                                          an interlude's block has its scene as well ("car driving"), and a sentence in
//                                          another language than the book its tag
//   narrate-player/data/KEY/peaks-N.js     receive("KEY/peaks-N", "base64: one byte a bar, 0 to 255")
//
// `start` and `duration` of books and chapters are in seconds; of cues in ms, from the start of the chapter. `words` is a
// flat list of [start, duration, from, to], ms from the start of the cue and UTF-16 places in its text.
"use strict";

(function (narrate) {
  const FOLDER = "narrate-player/data/";
  const LONGEST_WAIT_MS = 60000;
  const MOST_KEPT = 12;

  const received = new Map();
  const loading = new Map();

  narrate.receive = function (name, value) {
    received.delete(name);
    received.set(name, value);
    // Transcripts of a long book would fill the memory: those of the chapters heard last are enough.
    const large = [...received.keys()].filter((each) => /\/(cues|peaks)-/.test(each));
    for (const old of large.slice(0, Math.max(0, large.length - MOST_KEPT))) received.delete(old);
  };

  narrate.dataUrl = (name) => FOLDER + name + ".js";

  // The value of `name`, or undefined while it is not there.
  narrate.loaded = (name) => received.get(name);

  // The value of `name`; rejects when it cannot be had.
  narrate.load = function (name, { fresh = false } = {}) {
    if (received.has(name) && !fresh) return Promise.resolve(received.get(name));
    if (loading.has(name)) return loading.get(name);
    const promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const end = (action) => {
        clearTimeout(timer);
        script.remove();
        loading.delete(name);
        action();
      };
      const timer = setTimeout(() => end(() => reject(new Error(name + " took too long"))), LONGEST_WAIT_MS);
      script.onload = () =>
        end(() => (received.has(name) ? resolve(received.get(name)) : reject(new Error(name + " is damaged"))));
      script.onerror = () => end(() => reject(new Error(name + " cannot be loaded")));
      script.src = narrate.dataUrl(name);
      document.head.append(script);
    });
    loading.set(name, promise);
    return promise;
  };

  // A book of the shelf with its chapters, or null.
  narrate.book = async function (key) {
    const shelf = await narrate.load("shelf");
    const entry = shelf.books.find((each) => each.key === key);
    if (!entry) return null;
    const { chapters } = await narrate.load(key + "/book");
    return { ...entry, chapters };
  };
})(window.narrate);
