/// <reference types="vite/client" />

declare module 'recipe:*' {
  const recipe: import('heed').Recipe;
  export default recipe;
  /** as it was written */
  export const text: string;
}

/** id of the recipes' schema that the page was built with */
declare const RECIPE_SCHEMA: string;
