// What is in the site, in the order of its sidebars. Documents are those of the repository; pages are made by
// `make site`.

/** @typedef {{ text: string, documents?: string[], pages?: string[] }} Section */

/** @type {Section[]} */
export const sections = [
  {
    text: "Start",
    documents: ["docs/projects.md", "docs/migrate.md", "docs/engine.md", "docs/types.md", "docs/guarantees.md"],
  },
  { text: "Examples", documents: ["scripts/examples/*/README.md"] },
  {
    text: "The chat",
    documents: ["docs/events.md", "web/client/README.md", "docs/identity.md", "docs/page.md", "docs/admin.md"],
    pages: ["chat-reference.md"],
  },
  {
    text: "Operating",
    documents: [
      "docs/deploy.md",
      "docs/operations.md",
      "docs/cost.md",
      "docs/scale.md",
      "docs/security.md",
      "docs/load.md",
      "docs/localstack.md",
    ],
  },
  {
    text: "How it is made",
    documents: ["docs/architecture.md", "docs/data-model.md", "docs/local-cloud.md", "CONTRIBUTING.md", "CHANGELOG.md"],
    pages: ["reference/index.md", "adr/index.md"],
  },
];

/** Sections of which each has a sidebar of its own, by its path. @type {Record<string, Section>} */
export const own = {
  "/adr/": { text: "Decisions", documents: ["docs/adr/README.md", "docs/adr/[0-9]*.md"] },
  "/reference/": { text: "Go", pages: ["reference/index.md", "reference/*.md"] },
};

/** Where sources are that are no page of the site. */
export const repository = "https://github.com/confab-chat/confab";
