using System.Globalization;
using System.Text;

namespace Scim.Integration.Tests.Fuzz;

/// <summary>Damages valid requests: bytes and structure of bodies, targets and headers.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<RawRequest> corpus, string user, string group)
{
    /// <summary>Stands in the corpus for a name that nobody has yet.</summary>
    public const string Unique = "~unique~";

    /// <summary>Stand for resources that exist, until a mutated request deletes them.</summary>
    public const string User = "~user~";
    public const string Group = "~group~";

    private const StringComparison Exactly = StringComparison.Ordinal;

    private static readonly string[] Words =
    [
        "null",
        "true",
        "-0",
        "1e999",
        "1e-999",
        "99999999999999999999999999",
        "-9223372036854775809",
        "0.1e+00000000000000000000001",
        "{}",
        "[]",
        "[[[[[[[[]]]]]]]]",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"a\\u0000b\"",
        "\"\\uFEFF\"",
        "\"%00\"",
        "\"'; drop table users; --\"",
        "\"$1\"",
        "\"{{7*7}}\"",
        "\"%s%n\"",
        "\"\u202Eevil\"",
        "\"\U0001F600\"",
        "\"ﬃ İ ß\"",
        "\"urn:ietf:params:scim:schemas:core:2.0:User\"",
        "\"bulkId:x\"",
        "\"bulkId:\"",
        "\"2011-05-13T04:42:34Z\"",
        "\"9999-99-99T99:99:99Z\"",
        "\"emails[type eq \\\"work\\\"\"",
        "\"members[value eq\"",
        "\"a.b.c.d.e.f\"",
        "\"urn:\"",
        "\"..:\"",
        ",",
        ":",
        "}",
        "]",
        "/*x*/",
        "NaN",
        "\uFEFF",
    ];

    private static readonly string[] TargetWords =
    [
        "%00",
        "%2F",
        "%2e%2e%2f",
        "..",
        "%25%30%30",
        "%C0%AF",
        "%ED%A0%80",
        "%F0%9F%98%80",
        "%",
        "%zz",
        "+",
        "&&",
        "?",
        "%3F",
        ";",
        "\\",
        "'",
        "%22",
        "(((((((((((((((((((((((((((((((((((((((((",
        "filter=",
        "filter=%20",
        "&filter=userName%20eq%20%22a%22",
        "&count=-1",
        "&count=99999999999999999999",
        "&count=1.5",
        "&startIndex=-9223372036854775808",
        "&startIndex=2147483648",
        "&cursor=",
        "&cursor=%00",
        "&sortBy=nothing.at.all",
        "&sortBy=emails",
        "&sortOrder=sideways",
        "&attributes=,,,",
        "&attributes=%00",
        "&excludedAttributes=id,userName,schemas,meta",
        "%20eq%20",
        "%20and%20not%20",
        "%20pr%20or%20",
        "[value%20eq%20%22x%22]",
        "1e999",
        "%5C%22",
        "%5Cud800",
        "%EF%BF%BF",
    ];

    private static readonly (string Name, string Value)[] HeaderPool =
    [
        ("If-Match", "\"\""),
        ("If-Match", "W/\"99999999999999999999999\""),
        ("If-Match", "W/\"-1\""),
        ("If-Match", "W/\"1\", W/\"2\""),
        ("If-Match", "*,*"),
        ("If-Match", "garbage"),
        ("If-None-Match", "*"),
        ("If-None-Match", "W/"),
        ("Accept", "text/html"),
        ("Accept", ";;;,,,"),
        ("Accept", "application/json;q=abc"),
        ("Accept-Charset", "utf-7"),
        ("Accept-Encoding", "br;q=1000"),
        ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/scim+json; charset=\"utf-8\""),
        ("Content-Type", ";"),
        ("Content-Encoding", "gzip"),
        ("Range", "bytes=0-1"),
        ("Expect", "200-never"),
        ("X-Request-Id", "../../../etc/passwd"),
        ("X-Request-Id", "\u00e9\u00e8"),
        ("traceparent", "00-00000000000000000000000000000000-0000000000000000-00"),
        ("traceparent", "ff-zz"),
        ("X-Forwarded-For", "not an address"),
        ("X-Forwarded-Host", "evil.example.com"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Authorization", "Bearer"),
        ("Authorization", "Basic dXNlcjpwYXNz"),
        ("Authorization", "Bearer scim_0000_0000"),
        ("Authorization", "Negotiate \u00ff\u00fe"),
    ];

    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
        "TRACE",
        "QUERY",
        "get",
    ];

    public RawRequest Next()
    {
        var request = corpus[random.Next(corpus.Count)];
        request = request with
        {
            Target = Renamed(request.Target),
            Body = request.Body is null ? null : Renamed(request.Body),
            Headers = [.. request.Headers],
        };
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            request = random.Next(10) switch
            {
                < 7 when request.Body is { Length: > 0 } body => request with { Body = Damage(body) },
                < 8 => request with { Target = DamageTarget(request.Target) },
                8 => WithHeader(request),
                _ => request with
                {
                    Method = random.Next(4) == 0 ? Methods[random.Next(Methods.Length)] : request.Method,
                },
            };
        }

        return request;
    }

    private byte[] Renamed(byte[] text) =>
        Encoding.Latin1.GetBytes(
            Encoding
                .Latin1.GetString(text)
                .Replace(Unique, random.NextInt64().ToString("x", CultureInfo.InvariantCulture), Exactly)
                .Replace(User, user, Exactly)
                .Replace(Group, group, Exactly)
        );

    private byte[] Damage(byte[] body)
    {
        var at = random.Next(body.Length + 1);
        var until = Math.Min(body.Length, at + random.Next(1, 20));
        return random.Next(12) switch
        {
            0 => [.. body[..at], (byte)random.Next(256), .. body[until..]],
            1 => [.. body[..at], .. body[until..]],
            2 => [.. body[..until], .. body[at..until], .. body[until..]],
            3 => body[..at],
            4 => [.. body[..at], .. Encoding.UTF8.GetBytes(Word()), .. body[at..]],
            5 or 6 => ReplaceToken(body),
            7 => [.. body[..at], .. OtherBody(), .. body[at..]],
            8 => Nest(body),
            9 => DuplicateKey(body),
            10 => [.. body[..at], 0xC0, 0x80, .. body[at..]],
            _ => Stretch(body),
        };
    }

    /// <summary>A whole JSON string or number gives way to another value.</summary>
    private byte[] ReplaceToken(byte[] body)
    {
        var text = Encoding.Latin1.GetString(body);
        var starts = Enumerable.Range(0, text.Length).Where(i => text[i] == '"').ToList();
        if (starts.Count < 2)
        {
            return body;
        }

        var start = starts[random.Next(starts.Count - 1)];
        var end = text.IndexOf('"', start + 1);
        return end < 0
            ? body
            : [.. body[..start], .. Encoding.UTF8.GetBytes(Word()), .. body[Math.Min(body.Length, end + 1)..]];
    }

    private byte[] Nest(byte[] body)
    {
        var depth = random.Next(2) == 0 ? random.Next(2, 80) : random.Next(1000, 30_000);
        var (open, close) = random.Next(2) == 0 ? ("[", "]") : ("{\"a\":", "}");
        var nested = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            nested.Append(open);
        }

        nested.Append('1');
        for (var i = 0; i < depth; i++)
        {
            nested.Append(close);
        }

        var text = Encoding.UTF8.GetBytes(nested.ToString());
        var colon = Array.IndexOf(body, (byte)':', random.Next(body.Length));
        return colon < 0 ? text : [.. body[..(colon + 1)], .. text, (byte)',', .. body[(colon + 1)..]];
    }

    private static byte[] DuplicateKey(byte[] body)
    {
        var end = Array.LastIndexOf(body, (byte)'}');
        return end < 0
            ? body
            : [.. body[..end], .. ",\"schemas\":[],\"userName\":\"x\",\"USERNAME\":\"y\""u8, .. body[end..]];
    }

    private byte[] Stretch(byte[] body)
    {
        var quote = Array.IndexOf(body, (byte)'"', random.Next(body.Length));
        var length = random.Next(2) == 0 ? random.Next(200, 3000) : random.Next(60_000, 300_000);
        var filling = Encoding.UTF8.GetBytes(new string(random.Next(2) == 0 ? 'a' : '\u00df', length));
        return quote < 0 ? body : [.. body[..(quote + 1)], .. filling, .. body[(quote + 1)..]];
    }

    private byte[] OtherBody() => corpus[random.Next(corpus.Count)].Body ?? "{}"u8.ToArray();

    private byte[] DamageTarget(byte[] target)
    {
        // The leading slash stays: what is no path at all never reaches the service. A query is where most is understood.
        var query = Array.IndexOf(target, (byte)'?');
        var from = query >= 0 && random.Next(5) > 0 ? query + 1 : Math.Min(target.Length, 8);
        var at = random.Next(from, target.Length + 1);
        var until = Math.Min(target.Length, at + random.Next(1, 8));
        return random.Next(6) switch
        {
            0 => [.. target[..at], .. target[until..]],
            1 => [.. target[..at], (byte)random.Next(0x21, 0x7f), .. target[until..]],
            2 => [.. target[..until], .. target[at..until], .. target[until..]],
            3 => [.. target[..at], .. Encoding.ASCII.GetBytes(Percent(random.Next(256))), .. target[at..]],
            _ =>
            [
                .. target[..at],
                .. Encoding.ASCII.GetBytes(TargetWords[random.Next(TargetWords.Length)]),
                .. target[at..],
            ],
        };
    }

    private RawRequest WithHeader(RawRequest request)
    {
        var (name, value) = HeaderPool[random.Next(HeaderPool.Length)];
        request.Headers.RemoveAll(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        request.Headers.Add((name, value));
        return request;
    }

    private string Word() => Words[random.Next(Words.Length)];

    private static string Percent(int value) => string.Create(CultureInfo.InvariantCulture, $"%{value:X2}");
}
