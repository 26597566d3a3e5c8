#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

/* What --version prints and the contract's info carries. */
#define TALLYSTICK_VERSION "0.1.0"

#endif
