using System.Text;
using System.Text.Json;

namespace Scim.Floor;

/// <summary>As little reading of bodies as the statements need; only the shapes that the load driver sends.</summary>
internal static class Bodies
{
    /// <summary>One pass: the indexed values, and the document with <c>id</c> and <c>meta</c> spliced in before the rest.</summary>
    public static (Keys Keys, byte[] Document) Read(ReadOnlySpan<byte> body, Guid id)
    {
        string? userName = null;
        string? externalId = null;
        string? familyName = null;
        string? displayName = null;
        string? email = null;
        var (idStart, idEnd) = (-1, -1);
        var (inEmails, inName) = (false, false);
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth > 1)
            {
                if (inEmails && email is null && reader.ValueTextEquals("value"u8))
                {
                    email = ReadString(ref reader);
                }
                else if (inName && reader.ValueTextEquals("familyName"u8))
                {
                    familyName = ReadString(ref reader);
                }

                continue;
            }

            inEmails = reader.ValueTextEquals("emails"u8);
            inName = reader.ValueTextEquals("name"u8);
            if (reader.ValueTextEquals("userName"u8))
            {
                userName = ReadString(ref reader);
            }
            else if (reader.ValueTextEquals("externalId"u8))
            {
                externalId = ReadString(ref reader);
            }
            else if (reader.ValueTextEquals("displayName"u8))
            {
                displayName = ReadString(ref reader);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                idStart = (int)reader.TokenStartIndex;
                reader.Read();
                idEnd = (int)reader.BytesConsumed + 1; // the comma after it
            }
        }

        var rest = idStart < 0 ? body[1..].ToArray() : [.. body[1..idStart], .. body[idEnd..]];
        var keys = new Keys(
            Lower(userName ?? displayName) ?? "",
            externalId,
            Lower(familyName),
            Lower(displayName),
            Lower(email)
        );
        return (keys, [.. Head(id), .. rest]);
    }

    /// <summary>The last name of the path and the value of the only operation.</summary>
    public static (string Name, byte[] Value) ReadPatch(ReadOnlySpan<byte> body)
    {
        var (path, value) = ("", Array.Empty<byte>());
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("path"u8))
            {
                path = ReadString(ref reader)!;
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                value = ReadRaw(ref reader, body).ToArray();
            }
        }

        return (path[(path.LastIndexOf(':') + 1)..], value);
    }

    /// <summary>The document with the value of the first property of that name replaced: one pass, one copy.</summary>
    public static byte[] Replace(byte[] document, string name, byte[] value)
    {
        var reader = new Utf8JsonReader(document);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                return [.. document.AsSpan(0, start), .. value, .. document.AsSpan((int)reader.BytesConsumed)];
            }
        }

        return document;
    }

    public static (bool Adds, Guid[] Users) ReadMembersPatch(ReadOnlySpan<byte> body)
    {
        var adds = true;
        var users = new List<Guid>();
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("op"u8))
            {
                reader.Read();
                adds = !reader.ValueTextEquals("remove"u8);
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && reader.TryGetGuid(out var user))
                {
                    users.Add(user);
                }
            }
            else if (reader.ValueTextEquals("path"u8) && ReadString(ref reader)!.Split('"') is [_, var quoted, ..])
            {
                users.Add(Guid.Parse(quoted));
            }
        }

        return (adds, [.. users]);
    }

    public static List<NewUser> ReadBulk(ReadOnlySpan<byte> body)
    {
        var users = new List<NewUser>(1000);
        var bulkId = "";
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("bulkId"u8))
            {
                bulkId = ReadString(ref reader)!;
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                var id = Guid.CreateVersion7();
                var (keys, document) = Read(ReadRaw(ref reader, body), id);
                users.Add(new NewUser(id, bulkId, keys, document));
            }
        }

        return users;
    }

    private static byte[] Head(Guid id)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return Encoding.UTF8.GetBytes(
            $$"""{"id":"{{id}}","meta":{"resourceType":"User","created":"{{now:O}}","lastModified":"{{now:O}}","version":"W/\"1\"","location":"/Users/{{id}}"},"""
        );
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    private static ReadOnlySpan<byte> ReadRaw(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed];
    }

    private static string? Lower(string? value) => value?.ToLowerInvariant();
}
