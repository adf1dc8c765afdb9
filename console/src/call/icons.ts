/** Line drawings of 24 × 24 units. */

export const MIC = "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11v1a7 7 0 0 0 14 0v-1M12 19v3";
export const MIC_OFF = "M3 3l18 18M9 9v3a3 3 0 0 0 5 2.2M15 11V6a3 3 0 0 0-6-.6M5 11v1a7 7 0 0 0 11.6 5.3M19 12v-1M12 19v3";
export const CAMERA = "M3 7h11a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3zM15 11l6-4v10l-6-4";
export const CAMERA_OFF = "M3 3l18 18M3 7h2m4 0h5a1 1 0 0 1 1 1v5m0 3a1 1 0 0 1-1 1H3V7M15 11l6-4v10";
export const SCREEN = "M3 5h18v11H3zM8 21h8M12 16v5M12 13V8M9.5 10.5 12 8l2.5 2.5";
export const PEOPLE = "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6";
export const LEAVE = "M3 15v-2c5-4.5 13-4.5 18 0v2a1 1 0 0 1-1.2 1l-3.3-.7a1 1 0 0 1-.8-1V12.500a13 13 0 0 0-7.400 0v1.800a1 1 0 0 1-.8 1L4.200 16A1 1 0 0 1 3 15Z";
export const LINK = "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700l-1.500 1.500M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700l1.500-1.500";
export const RECORD = "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM12 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z";
