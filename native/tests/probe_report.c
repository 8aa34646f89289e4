/* Breaks a rule of the sanitizers, to see that it is reported. */
int main(int count, char **arguments) {
    static volatile char space[16];
    (void)arguments;
    /* One behind the last. */
    return space[sizeof(space) - 1 + (unsigned)count];
}
