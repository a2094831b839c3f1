// Serves until its standard input ends. Its only argument is the options of smtp-server as JSON, with `user` and `password`
// (who is let in) and `refuse` (a recipient who is not) besides. Prints its port, and then a line of JSON for each attempt to
// sign in, each message, and each line of standard input.
import { SMTPServer } from 'smtp-server';
import PostalMime from 'postal-mime';

const { user, password, refuse, ...options } = JSON.parse(process.argv[2]);
const say = line => console.log(JSON.stringify(line));

const server = new SMTPServer({
    ...options,
    logger: false,
    onAuth(auth, session, callback) {
        const known = auth.username === user && auth.password === password;
        say({ event: 'auth', user: auth.username, known, secure: session.secure });
        callback(known ? null : new Error('No such user'), known ? { user } : undefined);
    },
    onRcptTo({ address }, session, callback) {
        callback(address === refuse ? Object.assign(new Error(`${address} is unknown`), { responseCode: 550 }) : null);
    },
    async onData(stream, session, callback) {
        const chunks = [];
        for await (const chunk of stream) {
            chunks.push(chunk);
        }

        const raw = Buffer.concat(chunks);
        const { subject, from, to, text, headers } = await new PostalMime().parse(raw);
        const { mailFrom, rcptTo } = session.envelope;
        say({
            event: 'message',
            secure: session.secure,
            user: session.user ?? null,
            sender: mailFrom.address,
            recipients: rcptTo.map(recipient => recipient.address),
            from: from.address,
            to: to.map(recipient => recipient.address),
            subject,
            text,
            headers: headers.map(header => header.key),
        });
        callback();
    },
});
server.on('error', error => say({ event: 'error', text: error.message }));
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.on('data', () => say({ event: 'asked' })).on('end', () => process.exit());
