// A chapter's sound at a glance: bars as high as it is loud, what was heard in colour, and below them where something is
// described (a strip of another colour) or the car drives. The slider over it is what can be used; this is only seen.
"use strict";

(function (narrate) {
  const BAR = 3;
  const GAP = 2;
  const STRIP = 4;

  class Waveform {
    constructor(canvas) {
      this.canvas = canvas;
      this.peaks = null;
      this.marks = [];
      this.played = 0;
      this.bars = [];
      this.drawn = "";
      new ResizeObserver(() => this.layOut()).observe(canvas);
      document.addEventListener("narrate:theme", () => this.redraw());
      window.matchMedia("(forced-colors: active)").addEventListener("change", () => this.redraw());
    }

    // `peaks`: base64 of one byte a bar, or null while they are not there; `duration` in seconds.
    show(peaks, marks, duration) {
      this.peaks = peaks === null ? null : Uint8Array.from(window.atob(peaks), (each) => each.charCodeAt(0));
      this.marks = marks;
      this.duration = duration;
      this.layOut();
    }

    layOut() {
      const { canvas } = this;
      const ratio = window.devicePixelRatio || 1;
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      if (!width || !height) return;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
      const count = Math.max(1, Math.floor((width + GAP) / (BAR + GAP)));
      this.bars = Array.from({ length: count }, (_, index) => this.level(index / count, (index + 1) / count));
      this.redraw();
    }

    // How loud it is between two fractions of the chapter, 0 to 1: the loudest peak there.
    level(from, to) {
      if (!this.peaks || !this.peaks.length) return 0;
      const first = Math.floor(from * this.peaks.length);
      const last = Math.max(first + 1, Math.ceil(to * this.peaks.length));
      let most = 0;
      for (let i = first; i < last && i < this.peaks.length; i += 1) most = Math.max(most, this.peaks[i]);
      return most / 255;
    }

    at(fraction) {
      this.played = Math.min(1, Math.max(0, fraction));
      const head = Math.round(this.played * this.bars.length * 4);
      if (head !== this.head) this.redraw();
    }

    redraw() {
      const { canvas, bars } = this;
      const context = canvas.getContext("2d");
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      const style = getComputedStyle(canvas);
      const colour = (name) => style.getPropertyValue("--" + name).trim();
      this.head = Math.round(this.played * bars.length * 4);
      context.clearRect(0, 0, width, height);
      const room = height - STRIP - 6;
      const played = this.played * width;
      const step = width / bars.length;
      for (const [index, level] of bars.entries()) {
        const x = index * step;
        const tall = Math.max(2, level * room);
        context.fillStyle = x + BAR / 2 <= played ? colour("accent") : colour("wave");
        context.beginPath();
        context.roundRect(x, (room - tall) / 2 + 1, BAR, tall, BAR / 2);
        context.fill();
      }
      for (const { role, start, end } of this.marks) {
        const x = (start / 1000 / this.duration) * width;
        context.fillStyle = colour("mark-" + role);
        context.beginPath();
        context.roundRect(x, height - STRIP, Math.max(3, ((end - start) / 1000 / this.duration) * width), STRIP, STRIP / 2);
        context.fill();
      }
    }
  }

  narrate.Waveform = Waveform;
})(window.narrate);
