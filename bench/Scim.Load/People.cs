using Scim.Load.Http;

namespace Scim.Load;

/// <summary>The same index is the same person on every target and in every run: 60 first names by 70 family names.</summary>
internal static class People
{
    private static readonly string[] First =
        "Maria James Anna Robert Fatima John Wei Michael Olga David Aisha William Chloe Richard Ingrid Joseph Yuki Thomas Priya Charles Lena Daniel Sofia Matthew Zeynep Anthony Camila Mark Hanna Donald Amara Steven Elif Paul Noor Andrew Greta Joshua Leila Kenneth Tomas Kevin Mei Brian Ines George Katya Edward Sana Ronald Freya Timothy Nadia Jason Bianca Jeffrey Rosa Ryan Dalia Jacob".Split(
            ' '
        );

    private static readonly string[] Last =
        "Andersson Bauer Castillo Dubois Eriksen Fernandez Garcia Hoffmann Ivanov Johansson Kowalski Larsson Martinez Nakamura Okafor Petrov Quintero Rodriguez Schmidt Tanaka Ueda Vasquez Weber Xavier Yamamoto Zimmermann Almeida Bergstrom Costa Dimitrov Engel Fischer Gonzalez Haddad Ibrahim Jensen Keller Lindqvist Moreau Novak Olsen Popescu Ramirez Silva Takahashi Ulrich Vogel Wagner Yilmaz Zhang Abdullah Bianchi Chowdhury Desai Evans Fitzgerald Gupta Hughes Ito Jovanovic Khan Lombardi Mbeki Nguyen Owens Patel Quinn Rossi Santos Turner".Split(
            ' '
        );

    private static readonly string[] Departments =
        "Engineering Sales Finance Legal Support Marketing Operations Research Security People".Split(' ');

    public static string GivenName(int index) => First[Hash(index, 1) % First.Length];

    public static string FamilyName(int index) => Last[Hash(index, 2) % Last.Length];

    public static string UserName(string tag, int index) => $"{UserNamePrefix(index)}.{tag}{index}@contoso.example";

    public static string ExternalId(string tag, int index) => $"ext-{tag}-{index:x8}-{Hash(index, 9):x8}";

    /// <summary>Given name and the first letter of the family name, as the user name starts: one person in about 700.</summary>
    public static string SearchPrefix(int index) => $"{Lower(GivenName(index))}.{Lower(FamilyName(index)[..1])}";

    /// <summary>A profile as Entra sends it, with the enterprise extension: about 1.2 kB.</summary>
    public static RequestBody Add(
        RequestBody body,
        string tag,
        int index,
        string? id = null,
        string? changedDepartment = null
    )
    {
        var (given, family, userName) = (GivenName(index), FamilyName(index), UserName(tag, index));
        var (street, work, mobile) = (Hash(index, 7) % 200, Hash(index, 5) % 10000000, Hash(index, 6) % 10000000);
        var department = changedDepartment ?? Departments[Hash(index, 3) % Departments.Length];
        return body.Add(
            $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            {{(id is null ? "" : $"\"id\":\"{id}\",")}}"externalId":"{{ExternalId(
                tag,
                index
            )}}","userName":"{{userName}}","active":true,
            "displayName":"{{given}} {{family}}","nickName":"{{given}}","title":"Specialist {{Hash(index, 4) % 40}}",
            "preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/Stockholm","userType":"Employee",
            "name":{"formatted":"{{given}} {{family}}","familyName":"{{family}}","givenName":"{{given}}"},
            "emails":[{"type":"work","value":"{{userName}}","primary":true},
            {"type":"home","value":"{{Lower(given)}}{{index}}@home.example","primary":false}],
            "phoneNumbers":[{"type":"work","value":"+46 8 {{work:D7}}"},{"type":"mobile","value":"+46 70 {{mobile:D7}}"}],
            "addresses":[{"type":"work","formatted":"{{street}} Main Street, Stockholm","streetAddress":"{{street}} Main Street",
            "locality":"Stockholm","region":"Stockholm","postalCode":"{{10000
                + (Hash(index, 8) % 80000)}}","country":"SE"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"{{100000 + index}}",
            "department":"{{department}}","costCenter":"CC{{Hash(index, 10) % 90}}","organization":"Contoso",
            "division":"Division {{Hash(index, 11) % 9}}"}
            }
            """
        );
    }

    private static string UserNamePrefix(int index) => $"{Lower(GivenName(index))}.{Lower(FamilyName(index))}";

    private static string Lower(string text) => text.ToLowerInvariant();

    private static uint Hash(int index, uint salt)
    {
        var hash = ((uint)index * 2654435761u) + (salt * 40503u);
        hash = (hash ^ (hash >> 15)) * 2246822519u;
        hash = (hash ^ (hash >> 13)) * 3266489917u;
        return hash ^ (hash >> 16);
    }
}
