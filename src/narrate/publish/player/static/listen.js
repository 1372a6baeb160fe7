// The page that one listens on: the transcript keeps up with the voice, unless the reader has gone elsewhere in it.
"use strict";

(function (narrate) {
  const { engine } = narrate;
  const byId = (id) => document.getElementById(id);
  const root = byId("transcript");
  const main = byId("main");
  const follow = byId("follow");
  const side = byId("side");
  const ABOVE = 0.34; // where on the page the current sentence is held
  const OWN_SCROLL_MS = 900;
  const LOOKS = 4; // where a sentence is; in a text that is laid out as it comes into sight

  let shown = ""; // "KEY/N" of the chapter in the transcript
  let following = true;
  let ownScrollUntil = 0;

  const seekTo = (at) => {
    setFollowing(true);
    engine.seek(at);
  };
  const transcript = new narrate.Transcript(root, { seek: seekTo });
  narrate.transcript = transcript;

  function visible() {
    return !byId("listen").hidden;
  }

  function setFollowing(yes) {
    following = yes;
    follow.hidden = yes || !visible() || transcript.current < 0;
  }

  function bringIntoView(span, { smooth = true, looks = LOOKS } = {}) {
    const box = span.getBoundingClientRect();
    const frame = main.getBoundingClientRect();
    const wanted = main.scrollTop + box.top - frame.top - frame.height * ABOVE;
    const top = Math.min(Math.max(0, wanted), main.scrollHeight - main.clientHeight);
    const way = Math.abs(top - main.scrollTop);
    const glide = smooth && way < frame.height * 1.5 && !narrate.reducedMotion();
    if (!looks || (glide && way < 4)) return;
    ownScrollUntil = performance.now() + OWN_SCROLL_MS;
    if (way >= 4) main.scrollTo({ top, behavior: glide ? "smooth" : "instant" });
    // Where it is was a guess, for text that is out of sight is not laid out: look again, a few times, once it is.
    const again = () => following && span.matches(".now") && bringIntoView(span, { smooth, looks: looks - 1 });
    if (glide) setTimeout(again, OWN_SCROLL_MS);
    else requestAnimationFrame(again);
  }

  function keepUp({ smooth = true } = {}) {
    if (!visible() || !shown) return;
    const span = transcript.follow(engine.at);
    if (span && following) bringIntoView(span, { smooth });
  }

  async function show() {
    const { book, index, chapter } = engine;
    const name = `${book.key}/${index + 1}`;
    byId("listen-work").textContent = book.title;
    byId("listen-title").textContent = chapter.title;
    for (const id of ["listen-work", "listen-title"]) narrate.speaks(byId(id), book);
    if (shown === name) return;
    shown = "";
    transcript.message("The words of this chapter are being loaded …");
    main.scrollTop = 0;
    setFollowing(true);
    try {
      const cues = await narrate.load(`${book.key}/cues-${index + 1}`);
      if (engine.chapter !== chapter) return;
      transcript.show(cues, book);
      if (!transcript.cues.length) transcript.message("This chapter has no words to show.");
      shown = name;
    } catch {
      if (engine.chapter === chapter) transcript.message("The words of this chapter cannot be loaded; it can still be heard.");
    }
    keepUp();
  }

  let sideOf = "";
  function showSide() {
    if (sideOf !== engine.book.key) {
      side.replaceChildren(narrate.chapterList(engine.book, null));
      sideOf = engine.book.key;
    }
    narrate.markChapters(side);
    const here = side.querySelector('[aria-current="true"]');
    if (here && side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 3;
  }

  // `number` from 1, or null for where the book was left. `how`: "play", or "anew" to play from the chapter's beginning.
  narrate.showListen = async function (key, number, how) {
    const same = engine.book && engine.book.key === key;
    const book = same ? engine.book : await narrate.book(key);
    if (!book) return null;
    const left = await narrate.leftAt(book);
    const index = number !== null && number >= 1 && number <= book.chapters.length ? number - 1 : null;
    if (how === "anew") engine.open(book, index || 0, 0);
    else if (index === null && !same) engine.open(book, left ? left.chapter : 0, left ? left.at : 0);
    else if (index !== null && !(same && engine.index === index)) {
      engine.open(book, index, left && left.chapter === index ? left.at : 0);
    }
    if (how) engine.play();
    showSide();
    await show();
    return `${engine.chapter.title} – ${book.title}`;
  };

  function jumpToVoice() {
    keepUp({ smooth: false });
    const current = transcript.cues[transcript.current];
    if (current) bringIntoView(current.span, { smooth: false });
  }

  // After this view is shown: it has a size now.
  narrate.listenShown = function () {
    setFollowing(true);
    showSide();
    jumpToVoice();
  };

  // A phone that is turned.
  new ResizeObserver(() => following && visible() && jumpToVoice()).observe(main);

  main.addEventListener("scroll", () => {
    if (performance.now() < ownScrollUntil || !visible()) return;
    if (userScrolled) setFollowing(false);
  });
  let userScrolled = false;
  for (const event of ["wheel", "touchmove", "pointerdown"]) {
    main.addEventListener(event, () => {
      userScrolled = true;
      ownScrollUntil = 0;
      setTimeout(() => (userScrolled = false), 1500);
    }, { passive: true });
  }
  main.addEventListener("keydown", (event) => {
    if (!["PageUp", "PageDown", "Home", "End"].includes(event.key) || !visible()) return;
    ownScrollUntil = 0;
    setFollowing(false);
  });

  follow.addEventListener("click", () => {
    setFollowing(true);
    const current = transcript.cues[transcript.current];
    if (current) bringIntoView(current.span);
    root.focus({ preventScroll: true });
  });

  narrate.stepSentence = function (by) {
    const at = transcript.neighbour(by);
    if (at !== null) seekTo(at);
  };

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      narrate.stepSentence(event.key === "ArrowUp" ? -1 : 1);
    } else if (event.key === "Enter" && event.target === root) {
      event.preventDefault();
      engine.toggle();
    }
  });

  engine.addEventListener("chapter", () => {
    if (!visible()) return;
    showSide();
    show();
    document.title = `${engine.chapter.title} – ${engine.book.title}`;
  });
  engine.addEventListener("time", keepUp);
  engine.addEventListener("back", () => visible() && engine.book && show());

  // Words pass faster than the browser tells the time: look at every frame, while there is something to see.
  function frame() {
    if (engine.playing && visible() && engine.wanted === null) keepUp();
    if (engine.playing) requestAnimationFrame(frame);
  }
  engine.addEventListener("state", () => engine.playing && requestAnimationFrame(frame));
})(window.narrate);
