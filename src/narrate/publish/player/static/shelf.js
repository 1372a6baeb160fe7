// The shelf and a book's page: what there is, how far one has come, and where to go on.
"use strict";

(function (narrate) {
  const { element, icon, length, clock, engine, speaks } = narrate;
  const LONG_TITLE = 90; // letters

  const cover = (book, size) =>
    book.cover
      ? element("img", { class: "cover", src: book.cover, alt: "", width: size, height: size, loading: "lazy", decoding: "async" })
      : element("span", { class: "cover none", "aria-hidden": "true" }, [...book.title][0]);

  function progress(book) {
    const position = narrate.position(book.key);
    if (!position) return { share: 0, text: length(book.duration) };
    if (narrate.isFinished(position, book)) return { share: 1, text: "Finished" };
    return { share: 1 - Math.min(1, position.left / book.duration), text: length(position.left) + " left" };
  }

  function bar(share) {
    const inner = element("span", { class: "bar-done" });
    inner.style.inlineSize = `${(share * 100).toFixed(1)}%`;
    return element("span", { class: share ? "bar" : "bar none", "aria-hidden": "true" }, inner);
  }

  function card(book) {
    const { share, text } = progress(book);
    return element(
      "li",
      {},
      element(
        "a",
        { class: "card", href: "#/book/" + book.key },
        cover(book, 320),
        bar(share),
        element(
          "span",
          { class: "card-text" },
          speaks(element("span", { class: "card-title" }, book.title), book),
          book.author ? element("span", { class: "card-author", dir: "auto" }, book.author) : null,
          element("span", { class: "card-left" }, text),
        ),
      ),
    );
  }

  function resume(shelf) {
    const last = narrate.lastPlayed();
    const book = last && shelf.books.find((each) => each.key === last.key);
    if (!book || narrate.isFinished(last.position, book)) return null;
    const { share, text } = progress(book);
    return element(
      "a",
      { class: "resume", href: `#/listen/${book.key}?play` },
      cover(book, 120),
      element(
        "span",
        { class: "resume-text" },
        element("span", { class: "resume-kicker" }, "Go on listening"),
        speaks(element("span", { class: "resume-title" }, book.title), book),
        element("span", { class: "card-left" }, text),
        bar(share),
      ),
      element("span", { class: "resume-play" }, icon("play")),
    );
  }

  narrate.showShelf = async function () {
    const shelf = await narrate.load("shelf");
    document.getElementById("shelf-resume").replaceChildren(...[resume(shelf)].filter(Boolean));
    document.getElementById("shelf-books").replaceChildren(...shelf.books.map(card));
    document.getElementById("shelf-empty").hidden = shelf.books.length > 0;
    return "Your shelf";
  };

  function chapterRow(book, chapter, index, left) {
    const heard = left && index < left.chapter;
    const here = left && index === left.chapter;
    return element(
      "li",
      {},
      element(
        "a",
        { class: "chapter" + (heard ? " heard" : ""), href: `#/listen/${book.key}/${index + 1}?play`, "aria-current": here ? "true" : null },
        element("span", { class: "chapter-number" }, String(index + 1)),
        speaks(element("span", { class: "chapter-title" }, chapter.title), book),
        here ? element("span", { class: "chapter-here" }, `at ${clock(left.at)}`) : null,
        heard ? element("span", { class: "chapter-heard" }, icon("kept"), element("span", { class: "hidden" }, "heard")) : null,
        element("span", { class: "chapter-length" }, clock(chapter.duration)),
      ),
    );
  }

  // `left`: {chapter, at} where one goes on, or null.
  narrate.chapterList = (book, left) =>
    element("ol", { class: "chapters" }, ...book.chapters.map((each, index) => chapterRow(book, each, index, left)));

  async function keepButton(book) {
    if (!narrate.canKeep()) return null;
    const label = element("span", {});
    const button = element("button", { type: "button", class: "plain" }, icon("keep"), label);
    let abort = null;
    const show = (kept) => {
      label.textContent = kept ? "Kept on this device" : "Keep on this device";
      narrate.setIcon(button, kept ? "kept" : "keep");
      button.setAttribute("aria-pressed", String(kept));
    };
    show(await narrate.isKept(book));
    button.addEventListener("click", async () => {
      if (abort) return abort.abort();
      if (await narrate.isKept(book)) {
        await narrate.forgetBook(book);
        show(false);
        return narrate.say("No longer kept on this device");
      }
      abort = new AbortController();
      try {
        const told = (done, all) => (label.textContent = `Keeping … ${Math.round((100 * done) / all)} %`);
        await narrate.keepBook(book, told, abort.signal);
        narrate.say("Kept on this device");
      } catch {
        if (!abort.signal.aborted) narrate.complain("The book could not be kept: no connection, or no room on this device.");
      }
      abort = null;
      show(await narrate.isKept(book));
    });
    return button;
  }

  narrate.showBook = async function (key) {
    const book = await narrate.book(key);
    if (!book) return null;
    const left = await narrate.leftAt(book);
    const begun = left && (left.chapter > 0 || left.at > 1);
    const facts = [length(book.duration), narrate.count(book.chapters.length, "chapter"), book.date].filter(Boolean);
    document.getElementById("book").replaceChildren(
      element(
        "div",
        { class: "book-head" },
        cover(book, 480),
        element(
          "div",
          { class: "book-text" },
          speaks(element("h1", { id: "book-title", tabIndex: -1, class: book.title.length > LONG_TITLE ? "long" : null }, book.title), book),
          book.author ? element("p", { class: "book-author", dir: "auto" }, book.author) : null,
          element("p", { class: "book-facts" }, facts.join(" · ")),
          book.narrator ? element("p", { class: "book-facts" }, "Read by " + book.narrator) : null,
          element(
            "div",
            { class: "book-actions" },
            element(
              "a",
              { class: "primary", href: `#/listen/${key}?play` },
              icon("play"),
              begun ? `Go on, chapter ${left.chapter + 1} at ${clock(left.at)}` : "Listen",
            ),
            begun ? element("a", { class: "plain", href: `#/listen/${key}/1?anew` }, "From the beginning") : null,
            await keepButton(book),
          ),
        ),
      ),
      element("h2", { class: "section-title" }, "Chapters"),
      narrate.chapterList(book, begun ? left : null),
    );
    narrate.keepPages(["index.html", narrate.dataUrl("shelf"), narrate.dataUrl(key + "/book"), ...(book.cover ? [book.cover] : [])]);
    return book.title;
  };

  narrate.markChapters = function (list) {
    for (const [index, link] of [...list.querySelectorAll(".chapter")].entries()) {
      if (index === engine.index) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      link.classList.toggle("heard", index < engine.index);
    }
  };
})(window.narrate);
