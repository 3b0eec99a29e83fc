/**
 * Plotly's script for pages, with the parts that figures need: 1.5 MB. Import this module only where a
 * page is made.
 *
 * @module
 */

import script from "plotly.js-cartesian-dist-min/plotly-cartesian.min.js" with {
  type: "text",
};

/** Defines the global `Plotly`. */
export const plotlyScript: string = script;
