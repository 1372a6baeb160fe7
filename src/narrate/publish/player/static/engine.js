// The one <audio> element, as a book: chapters follow one another, positions are kept, a timer may end it all.
// Tells of itself by events: chapter, time, state, rate, sleep, and broken when a file cannot be had.
"use strict";

(function (narrate) {
  const SAVE_EVERY_MS = 5000;
  const RESTART_AFTER_S = 3;
  const FADE_S = 8;
  const SLOWEST = 0.5;
  const FASTEST = 3;

  class Engine extends EventTarget {
    constructor() {
      super();
      this.audio = new Audio();
      this.audio.preload = "metadata";
      this.audio.preservesPitch = true;
      this.book = null;
      this.index = 0;
      this.sleep = null; // as setSleep takes it
      this.sleepAt = 0; // ms since the page began
      this.wanted = null; // seconds, until the file can be sought in
      this.playing = false; // what the listener wants, also while a chapter is being loaded
      this.saved = ""; // the place that was kept last
      this.savedAt = 0;
      this.since = 0; // when this place was gone to or kept, by narrate.now()
      this.touched = false; // whether the listener did more than look
      this.rate = clampRate(narrate.kept("rate", 1));
      this.others = "BroadcastChannel" in window ? new BroadcastChannel("narrate") : null;
      this.listen();
    }

    listen() {
      const { audio } = this;
      audio.addEventListener("loadedmetadata", () => this.arrive());
      audio.addEventListener("timeupdate", () => this.tick());
      audio.addEventListener("seeked", () => this.tell("time"));
      audio.addEventListener("play", () => this.setPlaying(true));
      audio.addEventListener("pause", () => {
        // The end of a chapter is a pause, too, but none of the listener's.
        if (!audio.ended) this.setPlaying(false);
      });
      audio.addEventListener("ended", () => this.ended());
      audio.addEventListener("error", () => audio.getAttribute("src") && this.tell("broken"));
      // One voice at a time: the player in another tab has begun.
      if (this.others) this.others.onmessage = () => this.pause();
    }

    get chapter() {
      return this.book ? this.book.chapters[this.index] : null;
    }

    get duration() {
      return this.chapter ? this.chapter.duration : 0;
    }

    get at() {
      return this.wanted !== null ? this.wanted : Math.min(this.audio.currentTime, this.duration);
    }

    tell(name) {
      this.dispatchEvent(new Event(name));
    }

    // Make chapter `index` of `book` ready at `at` seconds; nothing sounds unless something did.
    open(book, index, at = 0) {
      const before = this.chapter;
      if (this.book && this.book.key !== book.key) {
        this.save({ now: true });
        this.touched = this.playing;
      }
      this.book = book;
      this.index = Math.min(Math.max(0, index), book.chapters.length - 1);
      this.since = narrate.now();
      this.wanted = Math.min(Math.max(0, at), Math.max(0, this.duration - 0.05));
      if (this.chapter !== before || this.audio.error) {
        this.audio.src = this.chapter.url;
        this.audio.load();
        this.applyRate();
        if (this.playing) this.start();
        this.tell("chapter");
      } else {
        this.arrive();
      }
      this.save({ now: true });
      this.tell("time");
    }

    // Where another tab or device has gone; nobody here wished it, so nothing is kept for it.
    follow({ chapter, at }) {
      this.touched = false;
      this.open(this.book, chapter, at);
    }

    arrive() {
      if (this.wanted === null || this.audio.readyState < HTMLMediaElement.HAVE_METADATA) return;
      const at = this.wanted;
      this.wanted = null;
      this.audio.currentTime = at;
      this.applyRate();
    }

    play() {
      if (!this.book) return;
      if (this.audio.error) this.reload();
      this.start();
    }

    // Ask for the same sound again, at the same place.
    reload() {
      const { at } = this;
      this.audio.load();
      this.wanted = at;
      this.applyRate();
      if (this.playing) this.start();
    }

    start() {
      this.touched = true;
      this.setPlaying(true);
      this.audio.play().catch((error) => {
        // AbortError: another chapter was asked for meanwhile. A file that cannot be had was told as such already.
        if (error.name !== "AbortError" && !this.audio.error) this.setPlaying(false);
      });
    }

    pause() {
      this.audio.pause();
      this.setPlaying(false);
    }

    toggle() {
      if (this.playing) this.pause();
      else this.play();
    }

    setPlaying(playing) {
      if (this.playing === playing) return;
      this.playing = playing;
      if (playing && this.others) this.others.postMessage("playing");
      if (!playing) {
        this.audio.volume = 1;
        this.save({ now: true });
      }
      this.tell("state");
    }

    seek(at) {
      if (!this.book) return;
      this.touched = true;
      this.wanted = Math.min(Math.max(0, at), Math.max(0, this.duration - 0.05));
      this.arrive();
      this.save();
      this.tell("time");
    }

    // By seconds, across the borders of chapters.
    skip(by) {
      if (!this.book) return;
      this.touched = true;
      const at = this.at + by;
      const { chapters } = this.book;
      if (at < 0 && this.index > 0) this.open(this.book, this.index - 1, chapters[this.index - 1].duration + at);
      else if (at >= this.duration && this.index + 1 < chapters.length) {
        this.open(this.book, this.index + 1, at - this.duration);
      } else this.seek(at);
    }

    next() {
      if (!this.book || this.index + 1 >= this.book.chapters.length) return;
      this.touched = true;
      this.open(this.book, this.index + 1, 0);
    }

    previous() {
      if (!this.book) return;
      this.touched = true;
      if (this.at > RESTART_AFTER_S || this.index === 0) this.seek(0);
      else this.open(this.book, this.index - 1, 0);
    }

    ended() {
      const last = this.index + 1 >= this.book.chapters.length;
      if (this.sleepAtEnd) {
        this.setSleep(null);
        this.setPlaying(false);
        if (!last) this.next();
      } else if (last) {
        this.setPlaying(false);
      } else {
        this.next();
      }
    }

    setRate(rate) {
      this.rate = clampRate(rate);
      narrate.keep("rate", this.rate);
      this.applyRate();
      this.tell("rate");
    }

    applyRate() {
      this.audio.preservesPitch = true;
      this.audio.defaultPlaybackRate = this.rate;
      this.audio.playbackRate = this.rate;
    }

    // Minutes, "chapter" for its end, or null for never.
    setSleep(what) {
      this.sleep = what;
      this.sleepAt = typeof what === "number" ? performance.now() + what * 60000 : 0;
      this.audio.volume = 1;
      this.tell("sleep");
    }

    get sleepAtEnd() {
      return this.sleep === "chapter";
    }

    get sleepLeft() {
      return this.sleepAt ? Math.max(0, (this.sleepAt - performance.now()) / 1000) : 0;
    }

    tick() {
      if (this.sleepAt && this.playing) {
        const left = this.sleepLeft;
        if (left <= 0) {
          this.pause();
          this.setSleep(null);
        } else {
          this.audio.volume = Math.min(1, left / FADE_S);
        }
      }
      if (this.playing && performance.now() - this.savedAt > SAVE_EVERY_MS) this.save();
      this.tell("time");
    }

    save({ now = false } = {}) {
      if (!this.book || !this.touched) return;
      const { book, chapter, index, at } = this;
      // A place that was kept already is no newer for being left once more: another device may have gone on meanwhile.
      const place = `${book.key}/${index}/${round(at)}`;
      if (place === this.saved) return now ? narrate.sendPositions() : undefined;
      this.saved = place;
      this.savedAt = performance.now();
      this.since = narrate.now();
      const left = Math.max(0, book.duration - chapter.start - at);
      const mark = narrate.markOf(book, index, at);
      narrate.keepPosition(book.key, { chapter: index, at: round(at), left: round(left), when: this.since, mark }, { now });
    }
  }

  const round = (value) => Math.round(value * 1000) / 1000;

  function clampRate(rate) {
    return Number.isFinite(rate) ? Math.round(Math.min(FASTEST, Math.max(SLOWEST, rate)) * 20) / 20 : 1;
  }

  narrate.engine = new Engine();
})(window.narrate);
