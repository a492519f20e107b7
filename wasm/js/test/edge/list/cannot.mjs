/** What a runtime cannot do, and why. What is listed has to fail. */
export const cannot = [];
