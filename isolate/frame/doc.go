// Package frame puts plain data into frames on a stream of bytes, and reads them
// again. It is what a node and its gossip processes say to each other, and pure:
// bytes in, values out.
//
// # A frame
//
//	length      u32, big endian: of what follows it
//	type        u8; its highest bit says that the message goes on in the next frame
//	sequence    u64: 1, 2, 3, ... in each direction of a connection
//	generation  u32: which child of its parent it is
//	payload     0 to 1 MiB
//
// A message that is longer than a frame is cut into chunks, so no length of a
// message makes anything stall. Control messages fit into one frame and may come
// between the chunks of another message.
//
// There is no checksum. The stream is a socket pair: the kernel copies from one
// process's memory to the other's, and what damages that damages the values just as
// well before they are summed. What a checksum would find of mistakes in a program,
// the length, the type, the sequence, the generation and the strict payload find
// too: any frame that is not exactly what is due ends the connection, with an
// *Error that says what is wrong.
//
// # A payload
//
// Append and Read walk a value's type, so that there is one description of every
// message: the Go type itself. Types are plain data: booleans, numbers, texts, lists,
// structs, pointers within structs, and what Special knows: names of origins, trees
// and errors. A struct is a mask of its fields that are not zero, and those fields. A
// field that is added crosses without a line written for it. Both ends are the same
// program as a rule; Schema tells the ends apart where they are not.
//
// Read takes nothing that Append would not have written but for its canonical form,
// allocates in proportion to what it was handed, and never panics.
package frame
