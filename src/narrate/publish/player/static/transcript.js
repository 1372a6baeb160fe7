// A chapter's words on the page. Every sentence is one element, and only the one that sounds is divided into words. Blocks are
// gathered in stretches, and one that is out of sight costs no layout (content-visibility in listening.css), so twenty hours in
// one chapter stay smooth; stretches, because looking whether 7,000 single blocks are in sight takes longer than a frame.
"use strict";

(function (narrate) {
  const { element, icon, clock } = narrate;
  const ASIDE = {
    description: { name: "Description", icon: "eye" },
    note: { name: "Note", icon: "note" },
  };
  const A_STRETCH = 40; // blocks
  const AT_ONCE = 10; // stretches; the rest follows while the browser is idle
  const LETTER = 0.5; // em, how wide one is about
  const UNSPACED = /^(ja|zh|yue|cmn)\b/i; // nothing between two sentences
  const USUAL_WIDTH = 640; // px, while the page is not in sight
  const LINE = 1.68; // em, as in listening.css

  class Transcript {
    // `seek(seconds)` is called when a sentence is chosen.
    constructor(root, { seek }) {
      this.root = root;
      this.cues = [];
      this.clear();
      root.addEventListener("click", (event) => this.clicked(event, seek));
    }

    clear() {
      this.cues = [];
      this.current = -1;
      this.wordIndex = -1;
      this.words = [];
      this.pending = [];
      this.root.replaceChildren();
    }

    // What was received as "KEY/cues-N".
    show({ blocks }, book) {
      this.clear();
      narrate.speaks(this.root, book);
      this.gap = UNSPACED.test(narrate.language(book) || "") ? "" : " ";
      this.pending = blocks.slice();
      this.add();
      this.later();
    }

    message(text) {
      this.clear();
      narrate.speaks(this.root, null);
      this.root.append(element("p", { class: "quiet-text" }, text));
    }

    // The next stretches.
    add() {
      const more = document.createDocumentFragment();
      for (let n = 0; n < AT_ONCE && this.pending.length; n += 1) {
        const blocks = this.pending.splice(0, A_STRETCH);
        const stretch = element("div", { class: "stretch" }, ...blocks.map((each) => this.block(...each)));
        stretch.style.containIntrinsicBlockSize = `auto ${this.guessed(blocks).toFixed(1)}em`;
        more.append(stretch);
      }
      this.root.append(more);
    }

    // How tall blocks will be, in em: enough for the scroll bar, until they have been in sight.
    guessed(blocks) {
      const em = parseFloat(getComputedStyle(this.root).fontSize);
      const letters = Math.max(20, (this.root.clientWidth || USUAL_WIDTH) / em / LETTER);
      const lines = blocks.map(([, cues]) => Math.ceil(cues.reduce((sum, cue) => sum + cue[2].length + 1, 0) / letters));
      return lines.reduce((sum, each) => sum + each * LINE + 1, 0);
    }

    later() {
      if (!this.pending.length) return;
      const { pending } = this;
      const idle = window.requestIdleCallback || ((does) => setTimeout(does, 30));
      idle(() => {
        if (pending !== this.pending) return; // another chapter meanwhile
        this.add();
        this.later();
      });
    }

    block(role, sentences, scene) {
      if (role === "interlude") return this.interlude(sentences[0], scene);
      const from = sentences[0][0] / 1000;
      const name = role === "heading" ? "h2" : "p";
      const button = element(
        "button",
        { type: "button", class: "from", tabIndex: -1, "aria-label": `Play from ${clock(from)}` },
        clock(from),
      );
      const text = element(name, { class: "text" });
      for (const sentence of sentences) text.append(this.sentence(sentence), this.gap);
      const children = [button, text];
      const aside = ASIDE[role];
      if (aside) children.splice(1, 0, element("p", { class: "label" }, icon(aside.icon), aside.name));
      const kind = role === "quotation" ? "blockquote" : "div";
      return element(kind, { class: "block " + role, role: aside ? "note" : null }, ...children);
    }

    interlude(cue, scene) {
      const span = this.sentence(cue);
      span.prepend(icon(/\bcar\b/.test(scene) ? "car" : "sound"));
      return element("div", { class: "block interlude" }, element("p", { class: "text" }, span));
    }

    sentence([start, duration, text, words, language]) {
      const span = element("span", { class: "sentence", lang: language, dir: language ? "auto" : null }, text);
      span.dataset.cue = this.cues.length;
      this.cues.push({ start, end: start + duration, text, words, span });
      return span;
    }

    clicked(event, seek) {
      const button = event.target.closest("button.from");
      const found = button ? button.parentElement.querySelector(".sentence") : event.target.closest(".sentence");
      if (!found || (!button && String(window.getSelection()).trim())) return; // a text that is being marked is no wish to jump
      seek(this.cues[Number(found.dataset.cue)].start / 1000);
    }

    // The cue that sounds at `at` ms, or the last one before; -1 before the first.
    indexAt(at) {
      let low = 0;
      let high = this.cues.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.cues[middle].start <= at) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    }

    // Show what sounds at `at` seconds. Returns the sentence's element when it is another one than before.
    follow(at) {
      const ms = at * 1000 + 1;
      while (this.pending.length && (!this.cues.length || this.cues[this.cues.length - 1].start < ms)) {
        this.add();
      }
      const index = this.indexAt(ms);
      const changed = index !== this.current;
      if (changed) this.moveTo(index);
      if (index >= 0) this.followWords(this.cues[index], ms);
      return changed && index >= 0 ? this.cues[index].span : null;
    }

    moveTo(index) {
      const before = this.cues[this.current];
      if (before) {
        before.span.classList.remove("now");
        before.span.removeAttribute("aria-current");
        if (this.words.length) before.span.replaceChildren(before.text);
      }
      this.current = index;
      this.words = [];
      this.wordIndex = -1;
      const cue = this.cues[index];
      if (!cue) return;
      cue.span.classList.add("now");
      cue.span.setAttribute("aria-current", "true");
      if (cue.words && cue.words.length) this.divide(cue);
    }

    divide(cue) {
      const parts = [];
      let done = 0;
      for (let i = 0; i < cue.words.length; i += 4) {
        const [start, duration, from, to] = cue.words.slice(i, i + 4);
        if (from < done || to <= from) continue; // two words that are one sign on the page
        if (from > done) parts.push(cue.text.slice(done, from));
        const span = element("span", { class: "w" }, cue.text.slice(from, to));
        parts.push(span);
        this.words.push({ start: cue.start + start, end: cue.start + start + duration, span });
        done = to;
      }
      parts.push(cue.text.slice(done));
      cue.span.replaceChildren(...parts);
    }

    followWords(cue, ms) {
      let found = -1;
      for (let i = 0; i < this.words.length && this.words[i].start <= ms; i += 1) found = i;
      if (ms >= cue.end) found = -1;
      if (found === this.wordIndex) return;
      if (this.words[this.wordIndex]) this.words[this.wordIndex].span.classList.remove("now");
      if (found >= 0) this.words[found].span.classList.add("now");
      this.wordIndex = found;
    }

    // Seconds where the sentence `by` places from the current one begins; null beyond the ends.
    neighbour(by) {
      const cue = this.cues[Math.max(0, this.current) + (this.current < 0 && by > 0 ? by - 1 : by)];
      return cue ? cue.start / 1000 : null;
    }

    // Stretches of the chapter that are no running text, in ms, for the waveform.
    static marks({ blocks }) {
      return blocks
        .filter(([role]) => role === "interlude" || ASIDE[role])
        .map(([role, cues]) => {
          const last = cues[cues.length - 1];
          return { role, start: cues[0][0], end: last[0] + last[1] };
        });
    }
  }

  narrate.Transcript = Transcript;
})(window.narrate);
