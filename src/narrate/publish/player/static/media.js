// The steering wheel, the lock screen, the headset: Media Session (https://www.w3.org/TR/mediasession/).
"use strict";

(function (narrate) {
  if (!("mediaSession" in navigator)) return;
  const { engine } = narrate;
  const session = navigator.mediaSession;
  const SKIP_S = 15;

  const actions = {
    play: () => engine.play(),
    pause: () => engine.pause(),
    stop: () => engine.pause(),
    previoustrack: () => engine.previous(),
    nexttrack: () => engine.next(),
    seekbackward: (details) => engine.skip(-(details.seekOffset || SKIP_S)),
    seekforward: (details) => engine.skip(details.seekOffset || SKIP_S),
    seekto: (details) => engine.seek(details.seekTime),
  };
  for (const [name, action] of Object.entries(actions)) {
    try {
      session.setActionHandler(name, action);
    } catch {
      // a browser that does not know this one
    }
  }

  function place() {
    if (!engine.book || !session.setPositionState) return;
    const duration = engine.duration;
    session.setPositionState({ duration, position: Math.min(engine.at, duration), playbackRate: engine.rate });
  }

  engine.addEventListener("chapter", () => {
    const { book, chapter } = engine;
    // Of a page on a disk a browser takes no picture, and complains.
    const shown = book.cover && location.protocol.startsWith("http");
    const artwork = shown ? [{ src: new URL(book.cover, document.baseURI).href, type: "image/jpeg" }] : [];
    session.metadata = new MediaMetadata({ title: chapter.title, artist: book.author, album: book.title, artwork });
    place();
  });
  engine.addEventListener("state", () => {
    session.playbackState = engine.playing ? "playing" : "paused";
    place();
  });
  engine.addEventListener("rate", place);
  engine.audio.addEventListener("seeked", place);
  engine.audio.addEventListener("loadedmetadata", place);
})(window.narrate);
