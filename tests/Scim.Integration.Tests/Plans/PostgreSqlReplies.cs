using System.Buffers.Binary;
using System.Text;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// Reads what PostgreSQL answers (protocol 3.0, "Message Formats"): after each message for which a client waits it says
/// ReadyForQuery and whether a transaction is open, after each statement CommandComplete, and what <c>auto_explain</c>
/// tells comes as a notice. Counts are those of the serving role.
/// </summary>
internal sealed class PostgreSqlReplies(Observations seen)
{
    public const string Plans =
        "-c session_preload_libraries=auto_explain -c client_min_messages=log -c auto_explain.log_min_duration=0 "
        + "-c auto_explain.log_nested_statements=on -c auto_explain.log_analyze=on -c auto_explain.log_buffers=on "
        + "-c auto_explain.log_timing=off";

    // What Npgsql asks about types, once for each data source.
    private const string DriversOwn = "SELECT version();";

    public IConversation Watch() => new Conversation(seen);

    private sealed class Conversation(Observations seen) : IConversation
    {
        private readonly List<byte> _pending = [];
        private bool _isStarted;
        private bool _isServing;

        public void Sent(ReadOnlySpan<byte> bytes) { }

        public void Received(ReadOnlySpan<byte> bytes)
        {
            _pending.AddRange(bytes);
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending);
            var used = 0;
            // Before anything else, a single byte answers each request for encryption.
            while (!_isStarted && used < all.Length && all[used] is (byte)'N' or (byte)'S')
            {
                used++;
            }

            while (used + 5 <= all.Length)
            {
                var end = used + 1 + BinaryPrimitives.ReadInt32BigEndian(all[(used + 1)..]);
                if (end > all.Length)
                {
                    break;
                }

                _isStarted = true;
                Take((char)all[used], all[(used + 5)..end]);
                used = end;
            }

            _pending.RemoveRange(0, used);
        }

        private void Take(char type, ReadOnlySpan<byte> body)
        {
            switch (type)
            {
                case 'S' when Texts(body) is ["application_name", var name, ..]:
                    _isServing = name == "scim_app";
                    break;
                case 'C' when _isServing:
                    seen.Statement();
                    break;
                case 'Z' when _isServing:
                    seen.RoundTrip(endsTransaction: body[0] == 'I');
                    break;
                case 'N':
                    Explained(Texts(body));
                    break;
            }
        }

        private void Explained(string[] fields)
        {
            string? Field(char code) => fields.FirstOrDefault(field => field.StartsWith(code))?[1..];
            if (
                Field('M')?.Split("  plan:\nQuery Text: ", 2) is [_, var text]
                && !text.StartsWith(DriversOwn, StringComparison.Ordinal)
                && text.LastIndexOf('\n', text.IndexOf("  (cost=", StringComparison.Ordinal)) is > 0 and var end
            )
            {
                seen.Add(Executed.OnPostgreSql(text[..end], text[(end + 1)..]));
            }
        }

        private static string[] Texts(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body).Split('\0');
    }
}
