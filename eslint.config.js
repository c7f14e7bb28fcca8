import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/highlight/", "**/uplot/", "bench/peers/", "var/", "static-root/", ".venv/"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-len": ["error", { code: 120 }],
      "no-restricted-syntax": ["error", {
        selector: "CallExpression[callee.object.name='Object'][callee.property.name='assign'] > ThisExpression",
        message: "Assign each field by its name.",
      }],
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { args: "after-used", caughtErrors: "all" }],
    },
  },
  { files: ["tests/scripts/**", "eslint.config.js"], languageOptions: { globals: globals.node } },
  { files: ["**/*_worker.js"], languageOptions: { globals: globals.worker } },
  { files: ["**/start.js"], languageOptions: { sourceType: "script" } },
];
