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

  function bringIntoView(span, { smooth = true } = {}) {
    const box = span.getBoundingClientRect();
    const frame = main.getBoundingClientRect();
    const top = main.scrollTop + box.top - frame.top - frame.height * ABOVE;
    if (Math.abs(top - main.scrollTop) < 4) return;
    const near = Math.abs(top - main.scrollTop) < frame.height * 1.5;
    ownScrollUntil = performance.now() + OWN_SCROLL_MS;
    main.scrollTo({ top, behavior: smooth && near && !narrate.reducedMotion() ? "smooth" : "instant" });
    // What had not been laid out yet was guessed: once it is, look again.
    if (!near) requestAnimationFrame(() => bringIntoView(span, { smooth: false }));
  }

  function keepUp() {
    if (!visible() || !shown) return;
    const span = transcript.follow(engine.at);
    if (span && following) bringIntoView(span);
  }

  async function show() {
    const { book, index, chapter } = engine;
    const name = `${book.key}/${index + 1}`;
    byId("listen-work").textContent = book.title;
    byId("listen-title").textContent = chapter.title;
    for (const id of ["listen-work", "listen-title"]) {
      const language = narrate.language(book);
      if (language) byId(id).setAttribute("lang", language);
      else byId(id).removeAttribute("lang");
    }
    if (shown === name) return;
    shown = "";
    transcript.message("The words of this chapter are being loaded …");
    main.scrollTop = 0;
    setFollowing(true);
    try {
      const cues = await narrate.load(`${book.key}/cues-${index + 1}`);
      if (engine.chapter !== chapter) return;
      transcript.show(cues, narrate.language(book));
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
      side.replaceChildren(narrate.chapterList(engine.book));
      sideOf = engine.book.key;
    }
    narrate.markChapters(side);
    const here = side.querySelector('[aria-current="true"]');
    if (here && side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 3;
  }

  // `number` from 1, or null for where the book was left.
  narrate.showListen = async function (key, number, play) {
    const same = engine.book && engine.book.key === key;
    const book = same ? engine.book : await narrate.book(key);
    if (!book) return null;
    const position = narrate.position(key);
    if (number !== null && number >= 1 && number <= book.chapters.length) {
      const there = position && position.chapter === number - 1;
      if (!(same && engine.index === number - 1)) engine.open(book, number - 1, there && !play ? position.at : 0);
    } else if (!same) {
      const finished = position && position.left < 1;
      if (position && !finished && position.chapter < book.chapters.length) engine.open(book, position.chapter, position.at);
      else engine.open(book, 0, 0);
    }
    if (play) engine.play();
    showSide();
    await show();
    return `${engine.chapter.title} – ${book.title}`;
  };

  // After this view is shown: it has a size now.
  narrate.listenShown = function () {
    setFollowing(true);
    showSide();
    const current = transcript.cues[transcript.current];
    keepUp();
    if (current) bringIntoView(current.span, { smooth: false });
  };

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

  // Words pass faster than the browser tells the time: look at every frame, while there is something to see.
  function frame() {
    if (engine.playing && visible() && engine.wanted === null) keepUp();
    if (engine.playing) requestAnimationFrame(frame);
  }
  engine.addEventListener("state", () => engine.playing && requestAnimationFrame(frame));
})(window.narrate);
