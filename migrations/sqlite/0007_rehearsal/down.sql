DROP TABLE rehearsal;
