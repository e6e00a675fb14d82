// Opening a graph file in the page: a button, and files dropped on the drawing.
(() => {
  const { el } = opscope;
  const MOST_BYTES = 512 * 2 ** 20;
  const KINDS = ".pb,.pbtxt,.meta";

  // at: { body: where files may be dropped, done(run), say(text) }
  class Upload {
    constructor(at) {
      this.at = at;
      this.input = el("input", {
        type: "file",
        hidden: true,
        "aria-label": "A graph file",
        onchange: () => {
          this.send(this.input.files[0]);
          this.input.value = "";
        },
      });
      this.element = el("div", { class: "open-file" }, this.input, this.button());
      const over = (e) => [...(e.dataTransfer?.types ?? [])].includes("Files");
      let inside = 0;
      const show = (on) => at.body().classList.toggle("dropping", on);
      // The page's elements change once Dash has started: listen where they all are.
      document.addEventListener("dragenter", (e) => {
        if (this.here(e) && over(e)) {
          inside += 1;
          show(true);
        }
      });
      document.addEventListener("dragleave", (e) => {
        if (this.here(e) && over(e)) {
          inside -= 1;
          if (inside <= 0) show(false);
        }
      });
      document.addEventListener("dragover", (e) => {
        if (this.here(e) && over(e)) e.preventDefault();
      });
      document.addEventListener("drop", (e) => {
        if (!this.here(e) || !over(e)) return;
        e.preventDefault();
        inside = 0;
        show(false);
        this.send(e.dataTransfer.files[0]);
      });
    }

    here(event) {
      return this.at.body().isConnected && event.target instanceof Node && !!event.target.closest?.(".graph-page");
    }

    button() {
      return el("button", {
        class: "button",
        type: "button",
        text: "Open a file\u2026",
        title: `A GraphDef, SavedModel, MetaGraph (${KINDS.replaceAll(",", ", ")}) or an event file; it may also be dropped on the page`,
        onclick: () => this.input.click(),
      });
    }

    async send(file) {
      if (!file) return;
      if (file.size > MOST_BYTES) {
        this.at.say(
          `${file.name} has ${Math.round(file.size / 2 ** 20)} MB; 512 MB can be opened here. opscope dashboard --logdir FILE opens it from the disk.`,
        );
        return;
      }
      this.at.say(`Reading ${file.name}\u2026`);
      try {
        const { run } = await opscope.json(
          "/api/graph/upload",
          { name: file.name },
          { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } },
        );
        this.at.say("");
        this.at.done(run);
      } catch (error) {
        this.at.say(error.message);
      }
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Upload });
})();
