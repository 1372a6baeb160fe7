// Where each book was left: kept in this browser and, where `narrate serve` is the host, with the other devices.
// A position is {chapter (from 0), at (seconds in it), left (seconds to the book's end), when (ms since 1970), mark (place.js)}.
// The newest one wins, everywhere: by the clock of the host, for those of two devices may differ by hours.
"use strict";

(function (narrate) {
  const PREFIX = "position:";
  const SEND_EVERY_MS = 10000;
  const WAIT_MS = 5000;
  const SAME_TIME_MS = 250; // an answer takes its time, too

  let shared = false;
  let ahead = 0; // ms by which the host's clock is ahead of this device's

  narrate.now = () => Date.now() + ahead;
  const unsent = new Set();
  let timer = 0;

  function isPosition(value) {
    return (
      value !== null &&
      typeof value === "object" &&
      Number.isInteger(value.chapter) &&
      value.chapter >= 0 &&
      [value.at, value.left, value.when].every((each) => Number.isFinite(each) && each >= 0) &&
      (value.mark === undefined || typeof value.mark === "string")
    );
  }

  narrate.position = function (key) {
    const found = narrate.kept(PREFIX + key, null);
    return isPosition(found) ? found : null;
  };

  // The last seconds of a book need not be heard; of a very short one, fewer.
  narrate.isFinished = (position, book) => position.left <= Math.min(15, book.duration / 50);

  narrate.keepPosition = function (key, position, { now = false } = {}) {
    narrate.keep(PREFIX + key, position);
    if (!shared) return;
    unsent.add(key);
    if (now) narrate.sendPositions();
    else if (!timer) timer = setTimeout(narrate.sendPositions, SEND_EVERY_MS);
  };

  narrate.lastPlayed = function () {
    let last = null;
    for (const name of narrate.keptNames(PREFIX)) {
      const key = name.slice(PREFIX.length);
      const position = narrate.position(key);
      if (position && (!last || position.when > last.position.when)) last = { key, position };
    }
    return last;
  };

  async function request(path, options) {
    // keepalive: what is sent as the page closes still arrives.
    const answer = await fetch(path, { ...options, keepalive: true, signal: AbortSignal.timeout(WAIT_MS) });
    const theirs = Number(answer.headers.get("Narrate-Now"));
    if (theirs && Math.abs(theirs - narrate.now()) > SAME_TIME_MS) ahead = theirs - Date.now();
    return answer;
  }

  // Those that the host has not heard of yet.
  narrate.sendPositions = async function () {
    clearTimeout(timer);
    timer = 0;
    for (const key of [...unsent]) {
      unsent.delete(key);
      try {
        const answer = await request("positions/" + key, {
          method: "PUT",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(narrate.position(key)),
        });
        if (!answer.ok) throw new Error(answer.status);
      } catch {
        unsent.add(key); // no connection: again with the next one
        timer = timer || setTimeout(narrate.sendPositions, SEND_EVERY_MS);
        return;
      }
    }
  };

  // Take over what other devices left later than this one. Resolves to the keys of those books.
  narrate.syncPositions = async function () {
    if (!shared) return [];
    const taken = [];
    try {
      const answer = await request("positions", {});
      const theirs = answer.ok ? await answer.json() : {};
      for (const [key, position] of Object.entries(theirs)) {
        const ours = narrate.position(key);
        if (isPosition(position) && (!ours || position.when > ours.when)) {
          narrate.keep(PREFIX + key, position);
          taken.push(key);
        }
      }
      for (const name of narrate.keptNames(PREFIX)) {
        const key = name.slice(PREFIX.length);
        const ours = narrate.position(key);
        if (ours && (!theirs[key] || theirs[key].when < ours.when)) unsent.add(key);
      }
      narrate.sendPositions();
    } catch {
      // no connection: what is kept here stands
    }
    return taken;
  };

  narrate.sharePositions = function (yes) {
    shared = Boolean(yes);
  };
})(window.narrate);
