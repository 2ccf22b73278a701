/** A number of one kind, such as a position or a line number. Plain numbers become one; two kinds don't mix. */
export type Quantity<Kind extends string> = number & { readonly kind?: Kind };
